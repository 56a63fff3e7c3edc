/** `millrace table`: what a table is: its columns, protocol, properties, size, and what was last done to it. */

import { renderJson } from "../../base/json.ts";
import type { ColumnReport, TableReport } from "../../run/table.ts";
import { readAt } from "../at.ts";
import { visible } from "../character.ts";
import type { Command } from "../context.ts";
import { renderGrid } from "../grid.ts";
import type { Output } from "../output.ts";
import { withTables } from "../place.ts";
import { ageText, countText, plural, sizeText, timeText } from "../quantity.ts";
import { readAddress } from "../table-name.ts";
import { renderVersions, versionDocument } from "../version-grid.ts";

const SHOWN = 10;

export const command: Command = async (context) => {
  const { output, args } = context;
  const [text = ""] = args.positionals;
  const table = readAddress(text);
  const at = await readAt(args, text);
  const limit = args.count("limit") ?? SHOWN;
  const report = await withTables(context, async (place) => {
    const { openAddress } = await import("../../run/table-place.ts");
    const { readTable } = await import("../../run/table.ts");
    return readTable(await openAddress(place, table, at), { history: limit });
  });
  if (output.isJson) {
    await output.document({ ...report, history: report.history.map(versionDocument) });
    return 0;
  }
  const { featuresOf } = await import("../../run/table.ts");
  await output.result(renderReport(report, featuresOf(report), output.out));
  return 0;
};

type Screen = Output["out"];

function renderReport(report: TableReport, features: readonly string[], screen: Screen): string {
  const { style } = screen;
  const { version, changed, properties, constraints, transactions, domains } = report;
  const head = `${style.bold(visible(report.table))}, version ${version} of ${timeText(changed)} UTC (${ageText(changed, new Date())})`;
  const sections: readonly (readonly [string, string])[] = [
    ["Columns", renderColumns(report.columns, screen)],
    ["Properties", lines(Object.entries(properties).map(([key, value]) => `${key} = ${value}`))],
    ["Constraints", lines(constraints.map(({ name, expression }) => `${name}: ${expression}`))],
    [
      "Transactions",
      lines(transactions.map(({ application, version: last }) => `${application}: ${last}`)),
    ],
    [
      "Domains",
      lines(domains.map(({ domain, configuration }) => `${domain}: ${renderJson(configuration)}`)),
    ],
    ["History", renderVersions(report.history, screen)],
  ];
  const shown = sections
    .filter(([, text]) => text !== "")
    .map(([title, text]) => `\n${style.bold(title)}\n${text}`);
  return `${head}\n${renderFacts(report, features)}${shown.join("")}`;
}

function renderFacts(report: TableReport, features: readonly string[]): string {
  const { protocol, rows, files, size, deletion_vectors: deleted, commits } = report;
  const checkpoint = report.checkpoints.at(-1);
  const facts: readonly (readonly [string, string | undefined])[] = [
    ["Place", report.uri],
    ["Name", report.name ?? undefined],
    ["About", report.description ?? undefined],
    ["Id", report.id],
    ["Created", report.created === null ? undefined : `${timeText(report.created)} UTC`],
    ["Rows", rows === null ? "not counted by who wrote them" : countText(rows)],
    ["Files", `${countText(files)} (${sizeText(size)})`],
    [
      "Deleted",
      deleted.files === 0
        ? undefined
        : `${plural(deleted.rows, "row")} in ${plural(deleted.files, "file")}, marked by deletion vectors`,
    ],
    ["Partitions", report.partitioned_by.join(", ") || undefined],
    ["Clusters", report.clustered_by.join(", ") || undefined],
    ["Protocol", `reader ${protocol.reader}, writer ${protocol.writer}`],
    ["Features", features.join(", ") || undefined],
    ["Checkpoint", checkpoint === undefined ? "none" : checkpointText(checkpoint)],
    [
      "Commits",
      commits === null
        ? "none left"
        : `${countText(commits.count)}, versions ${commits.first} to ${commits.last}`,
    ],
  ];
  return facts
    .filter(([, text]) => text !== undefined)
    .map(([title, text]) => `  ${title.padEnd(12)}${visible(text ?? "")}\n`)
    .join("");
}

function checkpointText({ version, files, size }: TableReport["checkpoints"][number]): string {
  const parts = files === 1 ? "" : `, ${plural(files, "file")}`;
  return `version ${version} (${sizeText(size)}${parts})`;
}

/** What is inside a column is indented below it. */
function renderColumns(columns: readonly ColumnReport[], { style, width }: Screen): string {
  const all = flat(columns);
  const isMapped = all.some(({ column }) => column.physical_name !== undefined);
  const isTold = all.some(({ column }) => notesOf(column) !== "");
  const titles = [
    { title: "Name" },
    { title: "Type" },
    { title: "Null" },
    ...(isMapped ? [{ title: "In files" }] : []),
    ...(isTold ? [{ title: "About" }] : []),
  ];
  const rows = all.map(({ column, depth }) => [
    `${"  ".repeat(depth)}${column.name}`,
    shortType(column),
    column.nullable ? "" : "not null",
    ...(isMapped ? [column.physical_name ?? ""] : []),
    ...(isTold ? [notesOf(column)] : []),
  ]);
  const look = { title: style.bold, faint: style.faint, ...(width === undefined ? {} : { width }) };
  return renderGrid(titles, rows, look).text;
}

interface Shown {
  readonly column: ColumnReport;
  readonly depth: number;
}

/** Lists and maps of plain values are told by their type alone. */
function flat(columns: readonly ColumnReport[], depth = 0): Shown[] {
  return columns.flatMap((column) => {
    const { fields = [], type } = column;
    const isShown =
      type.startsWith("struct<") || fields.some((field) => field.fields !== undefined);
    return [{ column, depth }, ...(isShown ? flat(fields, depth + 1) : [])];
  });
}

function shortType({ type, fields = [] }: ColumnReport): string {
  if (type.startsWith("struct<")) return "struct";
  const inner = fields.map((field) => shortType(field)).join(", ");
  return fields.length === 0 ? type : `${type.slice(0, type.indexOf("<"))}<${inner}>`;
}

function notesOf({ comment, metadata = {} }: ColumnReport): string {
  const rest = Object.entries(metadata).map(
    ([key, value]) => `${key} = ${typeof value === "string" ? value : renderJson(value)}`,
  );
  return [...(comment === undefined ? [] : [comment]), ...rest].join("; ");
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `  ${visible(text)}\n`).join("");
}
