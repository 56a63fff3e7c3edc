/** `millrace ledger`: of every run and source, rows read and what became of them. */

import type { LedgerLine, LedgerReport, LedgerSum } from "../../run/ledger.ts";
import type { Command } from "../context.ts";
import { type GridColumn, renderGrid } from "../grid.ts";
import { withLake } from "../place.ts";
import { countText, plural, timeText } from "../quantity.ts";
import { checkName } from "../table-name.ts";

const SHOWN = 20;

const COUNTS: readonly GridColumn[] = [
  { title: "Read", isNumber: true },
  { title: "Written", isNumber: true },
  { title: "Quarantined", isNumber: true },
  { title: "Deduplicated", isNumber: true },
  { title: "Filtered", isNumber: true },
];

export const command: Command = async (context) => {
  const { output, args } = context;
  const limit = args.count("limit") ?? (output.isJson ? undefined : SHOWN);
  const table = args.text("table");
  const run = args.text("run");
  const report = await withLake(context, async (lake) => {
    const { readLedger } = await import("../../run/ledger.ts");
    return readLedger(lake, {
      ...(limit === undefined ? {} : { limit }),
      ...(run === undefined ? {} : { run }),
      ...(table === undefined ? {} : { asset: checkName(table) }),
    });
  });
  if (output.isJson) {
    await output.document(report);
    return report.balances ? 0 : 1;
  }
  if (report.count === 0n) {
    await output.result("The ledger is empty: nothing has run yet.\n");
    return 0;
  }
  const { style, width } = output.out;
  const look = { title: style.bold, faint: style.faint, ...(width === undefined ? {} : { width }) };
  const lines = renderGrid(
    [
      { title: "Time (UTC)" },
      { title: "Run" },
      { title: "Table" },
      { title: "Source" },
      ...COUNTS,
      { title: "Balance" },
    ],
    report.lines.map((line) => [
      timeText(new Date(line.recorded_at)),
      line.run.slice(0, 8),
      line.asset,
      line.source,
      ...countsOf(line),
      line.balances ? "even" : "NOT EVEN",
    ]),
    look,
  );
  const sums = renderGrid(
    [{ title: "Over all runs" }, { title: "Source" }, ...COUNTS],
    report.sums.map((sum) => [sum.asset, sum.source, ...countsOf(sum)]),
    look,
  );
  await output.result(`${lines.text}\n${sums.text}\n${verdict(report)}\n`);
  if (report.truncated) {
    output.remark(
      `the newest ${countText(report.lines.length)} lines of ${countText(report.count)}: --limit N shows more`,
    );
  }
  return report.balances ? 0 : 1;
};

function countsOf(line: LedgerLine | LedgerSum): string[] {
  const { read, written, quarantined, deduplicated, filtered } = line;
  return [read, written, quarantined, deduplicated, filtered].map(countText);
}

function verdict({ balances, count, unbalanced }: LedgerReport): string {
  const equation = "read = written + quarantined + deduplicated + filtered";
  if (balances) return `Every line comes out even (${countText(count)}): ${equation}.`;
  return `${plural(unbalanced, "line does", "lines do")} NOT come out even: ${equation} must hold.`;
}
