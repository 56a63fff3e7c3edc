/** Outputs as a person declares them: tables as files, charts as pictures. */

import { MillraceError } from "../base/error.ts";
import { anything, checkOptions, kindOf, made, oneOf, text, wrongOption } from "../base/option.ts";
import type { Chart } from "../chart/chart.ts";
import type { Schedule } from "../schedule/schedule.ts";
import type { Name, Table } from "../schema/table.ts";
import type { Sql, TableReference, Text } from "../sql/template.ts";
import type { Files } from "../warehouse/files.ts";

export interface PublishOptions<R> {
  /** The columns in this order; or an object from the column to its title. */
  readonly columns?: readonly Name<R>[] | Readonly<Partial<Record<Name<R>, string>>>;
  /** Only rows for which this holds. */
  readonly where?: Sql;
  /** The order of the rows. */
  readonly orderBy?: Sql;
  readonly schedule?: Schedule;
}

/** A table written to a warehouse; for now a folder of files. */
export interface Publication {
  readonly kind: "publication";
  readonly table: TableReference;
  readonly to: Files;
  /** Column and title, in order; undefined for all as they are. */
  readonly columns: readonly (readonly [column: string, title: string])[] | undefined;
  readonly where: Sql | undefined;
  readonly orderBy: Sql | undefined;
  readonly schedule: Schedule | undefined;
}

/** A chart drawn into a file. */
export interface Picture {
  readonly kind: "picture";
  readonly name: string;
  readonly chart: Chart;
  readonly folder: Text;
  readonly format: "png" | "svg";
  readonly width: number;
  readonly height: number;
  readonly schedule: Schedule | undefined;
}

export function publish<R>(table: Table<R>, to: Files, how: PublishOptions<R> = {}): Publication {
  if (kindOf(table) !== "table")
    throw wrongOption("The first argument of publish()", table, "a table");
  if (kindOf(to) !== "warehouse")
    throw wrongOption("The second argument of publish()", to, 'files("out", { format: "csv" })');
  const { columns, where, orderBy, schedule } = checkOptions(`publish("${table.name}")`, how, {
    columns: anything,
    where: made(["sql"], "sql`...`"),
    orderBy: made(["sql"], "sql`...`"),
    schedule: made(["schedule"], 'cron("0 * * * *") or every("5 min")'),
  });
  return Object.freeze({
    kind: "publication",
    table,
    to,
    columns: columns === undefined ? undefined : titlesOf(columns),
    where,
    orderBy,
    schedule,
  });
}

export function picture(
  name: string,
  what: Chart,
  how: {
    readonly folder: Text;
    readonly format?: "png" | "svg";
    /** Pixels. */
    readonly width?: number;
    readonly height?: number;
    readonly schedule?: Schedule;
  },
): Picture {
  text(name, "The name of a picture");
  if (/[/\\\p{Cc}]/u.test(name)) {
    throw new MillraceError(`A picture cannot be called ${JSON.stringify(name)}`, {
      code: "project/bad-name",
      hint: "Its name is a file name without folder and ending; the folder is an option.",
    });
  }
  if (kindOf(what) !== "chart")
    throw wrongOption(
      `The chart of picture("${name}")`,
      what,
      "a chart such as chart.bar({ ... })",
    );
  const options = checkOptions(`picture("${name}")`, how, {
    folder: anything,
    format: oneOf("png", "svg"),
    width: pixels,
    height: pixels,
    schedule: made(["schedule"], 'cron("0 * * * *") or every("5 min")'),
  });
  return Object.freeze({
    kind: "picture",
    name,
    chart: what,
    folder: options.folder,
    format: options.format ?? "png",
    width: options.width ?? 960,
    height: options.height ?? 540,
    schedule: options.schedule,
  });
}

function pixels(value: unknown, name: string): void {
  const isGood = Number.isInteger(value) && Number(value) >= 100 && Number(value) <= 8000;
  if (!isGood) throw wrongOption(name, value, "a whole number of pixels from 100 to 8000");
}

function titlesOf<R>(
  columns: NonNullable<PublishOptions<R>["columns"]>,
): readonly (readonly [string, string])[] {
  return Array.isArray(columns)
    ? columns.map((column: string) => [column, column] as const)
    : Object.entries(columns as Readonly<Record<string, string>>);
}
