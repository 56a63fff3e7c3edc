/** The types of rows that TypeScript finds out from columns; compiling this file is the test. */

import {
  arrival,
  bigint,
  binary,
  boolean,
  csv,
  date,
  decimal,
  float,
  ingest,
  integer,
  json,
  list,
  localTimestamp,
  type Param,
  param,
  position,
  type RowOf,
  sql,
  struct,
  type Table,
  text,
  timestamp,
  transform,
  uuid,
} from "../../src/index.ts";

type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type RowOfTable<T> = T extends Table<infer R> ? R : never;

function holds<_Claim extends true>(): void {}

const columns = {
  text: text().notBlank().matches("x"),
  integer: integer().between(1, 2),
  bigint: bigint().optional(),
  decimal: decimal(10, 2),
  float: float().optional().about("kept"),
  boolean: boolean(),
  date: date({ formats: ["%Y"] }),
  timestamp: timestamp(),
  local: localTimestamp(),
  uuid: uuid(),
  json: json(),
  binary: binary(),
  list: list(struct({ a: text(), b: integer().optional() })),
  line: position("line"),
  file: position("file"),
  place: position(),
  arrival: arrival(),
};

interface Expected {
  readonly text: string;
  readonly integer: number;
  readonly bigint: bigint | null;
  readonly decimal: string;
  readonly float: number | null;
  readonly boolean: boolean;
  readonly date: string;
  readonly timestamp: Date;
  readonly local: string;
  readonly uuid: string;
  readonly json: unknown;
  readonly binary: Uint8Array;
  readonly list: readonly { readonly a: string; readonly b: number | null }[];
  readonly line: bigint;
  readonly file: string;
  readonly place: string;
  readonly arrival: Date;
}

/** Never called. */
export function claims(): void {
  const cars = ingest("bronze.cars", { from: csv("cars.csv"), columns });
  const declared = transform("gold.cars", sql`from ${cars}`, { columns: { n: bigint() } });
  const open = transform("gold.open", sql`from ${cars}`);
  const day = param("day", { default: "2024-01-01" });
  const least = param("least", { default: 1, oneOf: [1, 2] });
  holds<Same<keyof RowOf<typeof columns>, keyof Expected>>();
  holds<RowOf<typeof columns> extends Expected ? true : false>();
  holds<Expected extends RowOf<typeof columns> ? true : false>();
  holds<Same<RowOfTable<typeof cars>, RowOf<typeof columns>>>();
  holds<Same<RowOfTable<typeof declared>, { readonly n: bigint }>>();
  holds<Same<RowOfTable<typeof open>, Record<string, unknown>>>();
  holds<Same<typeof day, Param<string>>>();
  holds<Same<typeof least, Param<number>>>();
}
