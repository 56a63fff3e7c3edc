/** `millrace export`: one version of a table, by name or path, as a file. */

import { resolve } from "node:path";
import { checkText } from "../arguments.ts";
import { readAt } from "../at.ts";
import type { Command } from "../context.ts";
import { withTables } from "../place.ts";
import { readAddress } from "../table-name.ts";
import { exportTo } from "../to-file.ts";

export const command: Command = async (context) => {
  const { args, here, stop } = context;
  const [text = ""] = args.positionals;
  const table = readAddress(text);
  const file = resolve(here, checkText(args, "to"));
  const { checkFile } = await import("../../run/export.ts");
  checkFile(file);
  const at = await readAt(args, text);
  await withTables(context, async (place) => {
    const { openTable } = await import("../../run/query.ts");
    const query = await openTable(place, table, at);
    try {
      await stop.during(() => exportTo(context, query, file), query.interrupt);
    } finally {
      await query.close();
    }
  });
  return 0;
};
