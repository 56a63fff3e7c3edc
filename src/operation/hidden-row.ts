/** Which rows of the files that stay are deleted afterwards. */

import type { Hiding } from "../delta/adopt-change.ts";
import type { TableContext } from "./context.ts";
import { type Edits, editsOf } from "./edit.ts";
import type { Fates } from "./fate.ts";
import { FILE, ROW, type Target } from "./target.ts";

/** The edited rows of the hidden files together with those that were hidden before. */
export async function hiddenRows(
  { engine }: TableContext,
  target: Target,
  { relation }: Edits,
  { hidden, rows, edited }: Fates,
): Promise<Hiding[]> {
  if (relation === undefined || hidden.length === 0) return [];
  const places = new Map(
    hidden.map((number) => {
      const before = target.scan.files[number]?.deletedRows ?? new BigUint64Array();
      const positions = new BigUint64Array(before.length + (edited.get(number) ?? 0));
      positions.set(before);
      return [number, { positions, filled: before.length }];
    }),
  );
  const query = `SELECT ${FILE} AS file, ${ROW} AS at FROM ${editsOf(relation, hidden)} ORDER BY ALL`;
  for await (const piece of engine.stream(query)) {
    for (const { file, at } of piece) {
      const place = places.get(Number(file));
      if (place === undefined) throw new Error(`Bug: the file ${file} keeps its rows`);
      place.positions[place.filled] = BigInt(String(at));
      place.filled += 1;
    }
  }
  return [...places].map(([number, { positions }]) => {
    const file = target.files[number];
    const all = rows.get(number);
    if (file === undefined || all === undefined) throw new Error(`Bug: no file ${number}`);
    // Rows that are hidden already are not found again, so no position is there twice.
    return { file, rows: all, deletedRows: positions.sort() };
  });
}
