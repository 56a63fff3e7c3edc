/**
 * Z-order: rows laid so that those near each other in several columns lie in the same files.
 *
 * Each column's values are cut into ranges of as many rows each, by the quantiles of a sample, so values of any type
 * become numbers of a few bits that keep their order; null is the lowest. The bits of all columns are interleaved,
 * the highest first, into one number (Morton's curve), and rows are ordered by it. Files are slices of that order
 * which do not overlap. Everything is done by the engine, which spills what does not fit in memory.
 */

import { MillraceError } from "../base/error.ts";
import { suggestWord } from "../base/suggest.ts";
import { physicalName } from "../delta/column-mapping.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import { layoutOf } from "../delta/table-spec.ts";
import type { Engine } from "../engine/engine.ts";
import type { Field } from "../schema/type.ts";
import { quoteName, quoteText } from "../sql/quote.ts";
import { type Bin, liveBytes } from "./bin.ts";

export interface ZOrder {
  /** As the person named them. */
  readonly columns: readonly string[];
  /** SQL of each column's value. */
  readonly values: readonly string[];
  /** The columns by the names that files know them by, as one text: what a file of this order is marked with. */
  readonly mark: string;
}

/** Bits of each column; fewer where that many columns do not fit one number. */
const BITS = 10;
const BITS_TOGETHER = 62;
const SAMPLED_ROWS = 200_000;

/** Checks the columns; a field of a struct is named with dots. Wrong ones are `operation/bad-z-order`. */
export function checkZOrder(snapshot: Snapshot, columns: readonly string[]): ZOrder {
  const found = columns.map((column) => findColumn(snapshot, column));
  const marks = found.map(({ physical }) => physical);
  if (
    columns.length === 0 ||
    columns.length > BITS_TOGETHER ||
    new Set(marks).size < marks.length
  ) {
    throw badOrder(snapshot, `${columns.length} columns`, "Name one to 62 columns, each once.");
  }
  return {
    columns,
    values: found.map(({ value }) => value),
    mark: JSON.stringify(marks),
  };
}

function findColumn(
  snapshot: Snapshot,
  column: string,
): { readonly value: string; readonly physical: string } {
  const { fields, partitionColumns, mode } = layoutOf(snapshot);
  const exact = findField(fields, column);
  const path = exact === undefined ? column.split(".") : [column];
  let [at, inner]: [Field | undefined, readonly Field[]] = [undefined, fields];
  const names: string[] = [];
  let value = "";
  for (const name of path) {
    at = findField(inner, name);
    if (at === undefined) {
      const hint = suggestWord(
        name,
        inner.map((field) => field.name),
      );
      throw badOrder(snapshot, `"${column}", which it does not have`, hint);
    }
    value = value === "" ? quoteName(at.name) : `struct_extract(${value}, ${quoteText(at.name)})`;
    names.push(physicalName(at, mode));
    inner = typeof at.type !== "string" && at.type.kind === "struct" ? at.type.fields : [];
  }
  const type = at?.type ?? "void";
  const isPlain = typeof type === "string" ? type !== "void" : type.kind === "decimal";
  if (!isPlain) throw badOrder(snapshot, `"${column}", which is nested or always null`, PLAIN);
  if (partitionColumns.includes(exact?.name ?? "")) {
    throw badOrder(snapshot, `"${column}", by which it is partitioned`, PLAIN);
  }
  return { value, physical: names.join(".") };
}

const PLAIN = "Name columns of a plain type by which the table is not partitioned.";

function findField(fields: readonly Field[], name: string): Field | undefined {
  return (
    fields.find((field) => field.name === name) ??
    fields.find((field) => field.name.toLowerCase() === name.toLowerCase())
  );
}

interface Slices {
  /** Gives the columns of the relation, and the two below. */
  readonly query: string;
  /** Its column that says in which file a row goes. */
  readonly column: string;
  /** The same as SQL. */
  readonly slice: string;
  /** SQL of the place on the curve. */
  readonly place: string;
}

/** The rows of a bin with their place on the curve, cut into about as many slices as files are wanted. */
export async function slicesOf(
  engine: Engine,
  relation: string,
  { values, bin, targetBytes }: { values: readonly string[]; bin: Bin; targetBytes: number },
): Promise<Slices> {
  const bytes = bin.files.reduce((sum, file) => sum + liveBytes(file), 0);
  const count = Math.max(1, Math.round(bytes / targetBytes));
  const ranked = await rankedQuery(engine, relation, values);
  const [found] = await engine.rows(
    `SELECT CAST(quantile_disc(${PLACE}, ${fractions(count)}) AS VARCHAR) AS cuts FROM (SELECT ${PLACE} FROM (${ranked})) USING SAMPLE reservoir(${SAMPLED_ROWS} ROWS) REPEATABLE (1)`,
  );
  const cuts = count === 1 || typeof found?.cuts !== "string" ? "[]" : found.cuts;
  const slice = `len(list_filter(CAST(${cuts} AS BIGINT[]), lambda cut: cut <= ${PLACE}))`;
  return {
    query: `SELECT *, ${slice} AS ${SLICE} FROM (${ranked})`,
    column: SLICE_NAME,
    slice: SLICE,
    place: PLACE,
  };
}

const SLICE_NAME = "millrace slice";
const SLICE = quoteName(SLICE_NAME);
const PLACE = quoteName("millrace place");
const rank = (index: number) => quoteName(`millrace rank ${index}`);
const bound = (index: number) => quoteName(`millrace bound ${index}`);

/** The relation with each row's place on the curve. */
async function rankedQuery(
  engine: Engine,
  relation: string,
  values: readonly string[],
): Promise<string> {
  const bits = Math.max(1, Math.min(BITS, Math.floor(BITS_TOGETHER / values.length)));
  const bounds = quoteName("millrace z-order bounds");
  const quantiles = values.map(
    (_, index) => `quantile_disc(${rank(index)}, ${fractions(2 ** bits)}) AS ${bound(index)}`,
  );
  const named = values.map((value, index) => `${value} AS ${rank(index)}`);
  await engine.run(
    `CREATE OR REPLACE TEMP TABLE ${bounds} AS SELECT ${quantiles.join(", ")} FROM (SELECT ${named.join(", ")} FROM ${relation}) USING SAMPLE reservoir(${SAMPLED_ROWS} ROWS) REPEATABLE (1)`,
  );
  const zeros = values.map((_, index) => `0 AS ${rank(index)}`);
  let query = `SELECT *, ${zeros.join(", ")} FROM ${relation}, ${bounds}`;
  // A search by halves in each column's bounds at once, one bit a step.
  for (let bit = bits - 1; bit >= 0; bit -= 1) {
    const half = 2 ** bit;
    const found = values.map(
      (value, index) =>
        `${rank(index)} + CASE WHEN ${value} >= list_extract(${bound(index)}, ${rank(index)} + ${half}) THEN ${half} ELSE 0 END AS ${rank(index)}`,
    );
    query = `SELECT * REPLACE (${found.join(", ")}) FROM (${query})`;
  }
  const interleaved = values.flatMap((_, index) =>
    Array.from({ length: bits }, (__, bit) => {
      const to = bit * values.length + (values.length - 1 - index);
      return `(CAST((${rank(index)} >> ${bit}) & 1 AS BIGINT) << ${to})`;
    }),
  );
  return `SELECT *, ${interleaved.join(" + ")} AS ${PLACE} FROM (${query})`;
}

/** Where to cut into `count` parts, as a list for `quantile_disc`. */
function fractions(count: number): string {
  const cuts = Array.from({ length: Math.max(1, count - 1) }, (_, index) => (index + 1) / count);
  return `[${cuts.join(", ")}]`;
}

function badOrder({ folder }: Snapshot, what: string, hint: string): MillraceError {
  return new MillraceError(`The table ${folder} cannot be ordered by ${what}.`, {
    code: "operation/bad-z-order",
    hint,
  });
}
