/** `millrace history`: the versions of a table, newest first. */

import { readAt } from "../at.ts";
import type { Command } from "../context.ts";
import { withTables } from "../place.ts";
import { readAddress } from "../table-name.ts";
import { renderVersions, versionDocument } from "../version-grid.ts";

const SHOWN = 20;

export const command: Command = async (context) => {
  const { output, args } = context;
  const [text = ""] = args.positionals;
  const table = readAddress(text);
  const limit = args.count("limit");
  const at = await readAt(args, text);
  const most = limit ?? (output.isJson ? undefined : SHOWN);
  const versions = await withTables(context, async (place) => {
    const { readHistory } = await import("../../run/history.ts");
    const { openAddress } = await import("../../run/table-place.ts");
    const opened = await openAddress(place, table, at);
    return readHistory(opened, most === undefined ? {} : { limit: most });
  });
  if (output.isJson) {
    await output.document(versions.map(versionDocument));
    return 0;
  }
  await output.result(renderVersions(versions, output.out));
  const oldest = versions.at(-1)?.version ?? 0;
  if (versions.length === most && oldest > 0) {
    output.remark(`older versions: --limit ${versions.length * 5}, or --version ${oldest - 1}`);
  }
  return 0;
};
