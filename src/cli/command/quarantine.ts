/** `millrace quarantine`: what a table turned away, by reason and row by row. */

import type { Command } from "../context.ts";
import { renderGrid } from "../grid.ts";
import { withLake } from "../place.ts";
import { countText, plural } from "../quantity.ts";
import { checkName } from "../table-name.ts";

const SHOWN = 20;
const IN_JSON = 1000;

export const command: Command = async (context) => {
  const { output, args } = context;
  const table = checkName(args.positionals[0] ?? "").replace(/^quarantine\.(?=.*\.)/, "");
  const limit = args.count("limit") ?? (output.isJson ? IN_JSON : SHOWN);
  const report = await withLake(context, async (lake) => {
    const { readQuarantine } = await import("../../run/quarantine.ts");
    return readQuarantine(lake, table, { limit });
  });
  if (output.isJson) {
    await output.document(report);
    return 0;
  }
  const { total, reasons, rows } = report;
  if (total === 0n) {
    await output.result(`${table} has turned no row away.\n`);
    return 0;
  }
  const { style, width } = output.out;
  const look = { title: style.bold, faint: style.faint, ...(width === undefined ? {} : { width }) };
  const counts = renderGrid(
    [{ title: "Rows", isNumber: true }, { title: "Column" }, { title: "Reason" }],
    reasons.map(({ count, column, message }) => [countText(count), column ?? "", message]),
    look,
  );
  const list = renderGrid(
    [{ title: "Position" }, { title: "Reasons" }, { title: "Raw" }],
    rows.map(({ position, reasons: all, raw }) => [
      position,
      all.map(({ column, message }) => [column, message].filter(Boolean).join(" ")).join("; "),
      raw,
    ]),
    look,
  );
  const about = `${table} has turned ${plural(total, "row")} away.\n\n`;
  await output.result(`${about}${counts.text}\n${list.text}`);
  if (report.truncated) {
    output.remark(
      `the first ${countText(rows.length)} of ${plural(total, "row")}: --limit N shows more`,
    );
  }
  return 0;
};
