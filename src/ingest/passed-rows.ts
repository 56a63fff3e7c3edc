/** Rows that passed the sieve as a relation of the engine, which takes them as they come. */

import type { Engine, Feed, FeedInput } from "../engine/engine.ts";
import type { Through } from "./records.ts";
import { chunkField } from "./sieve-kind.ts";

/** A relation of `~n`, the number of the line as the task of its part makes it, and `~r0` ... */
export function openPassedRows(
  engine: Pick<Engine, "openFeed">,
  { columns, taken }: Through,
  sifting: Pick<FeedInput, "next" | "fraction">,
): Feed {
  const fields = columns.flatMap((column, index) =>
    column.isRead ? [chunkField(column, index)] : [],
  );
  const feed = engine.openFeed({ fields: [{ name: "~n", type: "long" }, ...fields], ...sifting });
  const values = taken.map((value, index) => `${value} as "~r${index}"`);
  return { ...feed, relation: `(select ${[`"~n"`, ...values].join(", ")} from ${feed.relation})` };
}
