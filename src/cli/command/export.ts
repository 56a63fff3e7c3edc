/** `millrace export`: one version of a table as a file. */

import { resolve } from "node:path";
import { checkText } from "../arguments.ts";
import { readAt } from "../at.ts";
import type { Command } from "../context.ts";
import { withLake } from "../place.ts";
import { checkName } from "../table-name.ts";
import { exportTo } from "../to-file.ts";

export const command: Command = async (context) => {
  const { args, here, stop } = context;
  const table = checkName(args.positionals[0] ?? "");
  const file = resolve(here, checkText(args, "to"));
  const { checkFile } = await import("../../run/export.ts");
  checkFile(file);
  const at = await readAt(args, table);
  await withLake(context, async (lake) => {
    const { openTable } = await import("../../run/query.ts");
    const query = await openTable(lake, table, at);
    try {
      await stop.during(() => exportTo(context, query, file), query.interrupt);
    } finally {
      await query.close();
    }
  });
  return 0;
};
