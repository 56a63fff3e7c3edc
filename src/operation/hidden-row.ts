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
  { hidden, rows }: Fates,
): Promise<Hiding[]> {
  if (relation === undefined || hidden.length === 0) return [];
  const found = new Map<number, bigint[]>();
  const query = `SELECT ${FILE} AS file, ${ROW} AS at FROM ${editsOf(relation, hidden)} ORDER BY ALL`;
  for await (const piece of engine.stream(query)) {
    for (const { file, at } of piece) {
      const positions = found.get(Number(file)) ?? [];
      found.set(Number(file), positions);
      positions.push(BigInt(String(at)));
    }
  }
  return hidden.map((number) => {
    const file = target.files[number];
    const all = rows.get(number);
    if (file === undefined || all === undefined) throw new Error(`Bug: no file ${number}`);
    const before = target.scan.files[number]?.deletedRows ?? new BigUint64Array();
    return { file, rows: all, deletedRows: merged(before, found.get(number) ?? []) };
  });
}

/** Both are ascending and have none in common: rows that are hidden already are not found again. */
function merged(before: BigUint64Array, more: readonly bigint[]): BigUint64Array {
  const all = new BigUint64Array(before.length + more.length);
  all.set(before);
  all.set(more, before.length);
  return before.length === 0 ? all : all.sort();
}
