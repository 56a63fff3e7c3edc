/** The rows of a query as text for people and programs: every digit, ISO 8601, made by the engine in pieces of bounded size. */

import { quoteName } from "../sql/quote.ts";
import { jsonObject, textOf } from "../warehouse/text-value.ts";
import type { Query } from "./query.ts";

/** Pieces of rows, each row one JSON object on one line. */
export async function* jsonRows(query: Query): AsyncGenerator<string[]> {
  const members = query.fields.map(({ name, type }) => ({ name, type, value: quoteName(name) }));
  const statement = `select ${jsonObject(members)} as line from ${query.relation}`;
  for await (const rows of explained(query, statement)) {
    yield rows.map((row) => String(row.line));
  }
}

/** Pieces of rows, each cell as text or null. */
export async function* textRows(query: Query): AsyncGenerator<(string | null)[][]> {
  const cells = query.fields.map(
    ({ name, type }, index) => `(${textOf(quoteName(name), type)})::varchar as "${index}"`,
  );
  const statement = `select ${cells.join(", ")} from ${query.relation}`;
  for await (const rows of explained(query, statement)) {
    yield rows.map((row) =>
      query.fields.map((_, index) => {
        const cell = row[String(index)];
        return cell === null || cell === undefined ? null : String(cell);
      }),
    );
  }
}

async function* explained(query: Query, statement: string): ReturnType<Query["session"]["stream"]> {
  try {
    yield* query.session.stream(statement);
  } catch (error) {
    throw query.explain(error);
  }
}
