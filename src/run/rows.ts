/** The rows of a query as text for people and programs: every digit, ISO 8601, made by the engine in pieces of bounded size. */

import { createReadStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Row } from "../engine/engine.ts";
import { sqlFaultOf } from "../engine/fault.ts";
import { quoteName } from "../sql/quote.ts";
import { copyStatement, type TitledField } from "../warehouse/copy.ts";
import { textOf } from "../warehouse/text-value.ts";
import type { Query } from "./query.ts";

/**
 * Pieces of rows, each row one JSON object on one line. The query runs to its end before the first row is given, by
 * way of a temporary file: so a failure is known before anything is shown.
 */
export async function* jsonRows(query: Query): AsyncGenerator<string[]> {
  const fields = query.fields.map((field) => ({ field, title: field.name }));
  yield* spooled(query, `from ${query.relation}`, fields);
}

/** Pieces of rows, each cell as text or null, as they come; all rows, or the first. */
export async function* textRows(
  query: Query,
  { limit }: { readonly limit?: number } = {},
): AsyncGenerator<(string | null)[][]> {
  const cells = query.fields.map(({ name, type }) => `(${textOf(quoteName(name), type)})::varchar`);
  const first = limit === undefined ? "" : ` limit ${limit}`;
  const statement = `select [${cells.join(", ")}] as cells from ${query.relation}${first}`;
  for await (const rows of streamed(query, statement)) {
    yield rows.map(({ cells: row }) => row as (string | null)[]);
  }
}

/** A stream that fails after its first rows only says that it broke; what failed is told by running the query once more. */
async function* streamed(query: Query, statement: string): AsyncGenerator<Row[]> {
  const { session } = query;
  try {
    yield* session.stream(statement);
  } catch (error) {
    const isEndedEarly = sqlFaultOf(error)?.kind === "TransactionContext";
    if (!isEndedEarly || query.isInterrupted) throw query.explain(error, statement);
    for await (const _ of spooled(query, statement, [CELLS])) break;
    throw new Error("Bug: a query failed at first and not when it was run again", { cause: error });
  }
}

const CELLS: TitledField = {
  field: {
    name: "cells",
    type: { kind: "array", element: "string", containsNull: true },
    nullable: false,
  },
  title: "cells",
};

async function* spooled(
  query: Query,
  statement: string,
  fields: readonly TitledField[],
): AsyncGenerator<string[]> {
  const folder = await mkdtemp(join(tmpdir(), "millrace-rows-"));
  try {
    const path = join(folder, "rows");
    const dialect = { format: "ndjson", nulls: "", bom: false, formulas: "keep" } as const;
    const copy = copyStatement(statement, fields, { ...dialect, path });
    await query.session.run(copy).catch((error: unknown) => {
      throw query.explain(error, copy);
    });
    yield* readLines(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The lines of a file, as many at a time as a piece of it holds. */
export async function* readLines(path: string): AsyncGenerator<string[]> {
  const pieces: AsyncIterable<string> = createReadStream(path, {
    encoding: "utf8",
    highWaterMark: 1 << 18,
  });
  let rest: string[] = [];
  for await (const piece of pieces) {
    const end = piece.lastIndexOf("\n");
    if (end < 0) {
      rest.push(piece);
      continue;
    }
    const whole = rest.join("") + piece.slice(0, end);
    rest = [piece.slice(end + 1)];
    yield whole.split("\n");
  }
  const last = rest.join("");
  if (last !== "") yield [last];
}
