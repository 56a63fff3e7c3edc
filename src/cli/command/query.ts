/** `millrace query`: rows for a person on a terminal, for a program elsewhere, or into a file. */

import { resolve } from "node:path";
import { text as readAll } from "node:stream/consumers";
import type { Query } from "../../run/query.ts";
import { tabbed } from "../character.ts";
import type { Command, CommandContext } from "../context.ts";
import { type GridColumn, renderGrid } from "../grid.ts";
import type { Output } from "../output.ts";
import { withTables } from "../place.ts";
import { plural } from "../quantity.ts";
import { exportTo } from "../to-file.ts";

const MOST_ROWS = 100;
/** Rows whose cells decide how wide the columns are where all are shown. */
const MEASURED_ROWS = 1000;

export const command: Command = async (context) => {
  const { args, stop, output } = context;
  const [given = ""] = args.positionals;
  const sql = given === "-" ? await readAll(process.stdin) : given;
  const file = args.text("to");
  const { checkFile } = await import("../../run/export.ts");
  if (file !== undefined) checkFile(file);
  await withTables(context, async (place) => {
    const { openQuery } = await import("../../run/query.ts");
    const query = await openQuery(place, sql);
    const show = async (): Promise<void> => {
      if (file !== undefined) await exportTo(context, query, resolve(context.here, file));
      else if (output.isJson) await printJson(output, query);
      else if (output.out.isTerminal) await printGrid(context, query);
      else await printTabs(output, query);
      stop.check();
    };
    try {
      await stop.during(show, query.interrupt);
    } finally {
      await query.close();
    }
  });
  return 0;
};

/** An array of objects, one on each line. */
async function printJson(output: Output, query: Query): Promise<void> {
  const { jsonRows } = await import("../../run/rows.ts");
  let before = "[\n";
  for await (const lines of jsonRows(query)) {
    await output.json(before + lines.join(",\n"));
    before = ",\n";
  }
  await output.json(before === "[\n" ? "[]\n" : "\n]\n");
}

/** A line of names and one for each row, a tab between cells; null is an empty cell. */
async function printTabs(output: Output, query: Query): Promise<void> {
  const { textRows } = await import("../../run/rows.ts");
  let before = `${query.fields.map(({ name }) => tabbed(name)).join("\t")}\n`;
  for await (const rows of textRows(query)) {
    const lines = rows.map((row) => `${row.map((cell) => tabbed(cell ?? "")).join("\t")}\n`);
    await output.result(before + lines.join(""));
    before = "";
  }
  if (before !== "") await output.result(before);
}

async function printGrid({ output, args }: CommandContext, query: Query): Promise<void> {
  const { textRows } = await import("../../run/rows.ts");
  const showsAll = args.has("all");
  const { style, width = 80 } = output.out;
  const columns: GridColumn[] = query.fields.map(({ name, type }) => ({
    title: name,
    isNumber: isNumber(type),
  }));
  let held: (string | null)[][] = [];
  let shown = 0;
  let hidden: readonly string[] = [];
  const print = async (rows: readonly (readonly (string | null)[])[]): Promise<void> => {
    const grid = renderGrid(columns, rows, { width, title: style.bold, faint: style.faint });
    hidden = grid.hidden;
    await output.result(grid.text);
    shown += rows.length;
    held = [];
  };
  for await (const rows of textRows(query, showsAll ? {} : { limit: MOST_ROWS + 1 })) {
    held.push(...rows);
    if (showsAll && held.length >= MEASURED_ROWS) await print(held);
  }
  const isMore = !showsAll && held.length > MOST_ROWS;
  if (held.length > 0 || shown === 0) await print(isMore ? held.slice(0, MOST_ROWS) : held);
  const notes = [
    isMore ? `first ${plural(shown, "row")}; --all shows every one` : plural(shown, "row"),
    ...(hidden.length === 0
      ? []
      : [`${plural(hidden.length, "more column")}: ${hidden.join(", ")}`]),
  ];
  await output.result(`${style.faint(`(${notes.join("; ")})`)}\n`);
}

function isNumber(type: Query["fields"][number]["type"]): boolean {
  if (typeof type === "object") return type.kind === "decimal";
  return ["long", "integer", "short", "byte", "float", "double"].includes(type);
}
