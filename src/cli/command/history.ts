/** `millrace history`: the versions of a table, newest first. */

import { readAt } from "../at.ts";
import type { Command } from "../context.ts";
import { renderGrid } from "../grid.ts";
import { withTables } from "../place.ts";
import { countText, timeText } from "../quantity.ts";
import { readAddress } from "../table-name.ts";

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
    await output.document(
      versions.map(({ rows = null, engine = null, run = null, ledger = null, ...version }) => ({
        ...version,
        rows,
        engine,
        run,
        ledger,
      })),
    );
    return 0;
  }
  const { style, width } = output.out;
  const columns = [
    { title: "Version", isNumber: true },
    { title: "Time (UTC)" },
    { title: "Operation" },
    { title: "Rows written", isNumber: true },
    { title: "Files", isNumber: true },
    { title: "Quarantined", isNumber: true },
    { title: "Engine" },
  ];
  const rows = versions.map((one) => [
    String(one.version),
    timeText(one.at),
    one.operation,
    one.rows === undefined ? "" : countText(one.rows),
    `+${one.files_added} -${one.files_removed}`,
    one.ledger === undefined ? "" : countText(one.ledger.quarantined),
    one.engine ?? "",
  ]);
  const look = { title: style.bold, faint: style.faint, ...(width === undefined ? {} : { width }) };
  await output.result(renderGrid(columns, rows, look).text);
  const oldest = versions.at(-1)?.version ?? 0;
  if (versions.length === most && oldest > 0) {
    output.remark(`older versions: --limit ${versions.length * 5}, or --version ${oldest - 1}`);
  }
  return 0;
};
