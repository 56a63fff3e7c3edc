/** How the kernel is told of each column, and what it tells of it. */

import type { SieveColumn } from "./column.ts";
import type { ChunkLayout } from "./layout.ts";

/** By the kernel's number; `kernel/sieve/column.ts` has the same. */
const KINDS = ["text", "integer", "bigint", "decimal", "float", "boolean", "date", "timestamp"];
export const COLUMN_BYTES = 64;
const HEAP_USED = 32;
const HAS_NULL = 36;
const LOW = 40;
const HIGH = 48;
const TABLE = 56;
const ACCEPTING = 60;
/** Of whole numbers where no range is asked for. */
const WIDEST = [-(2n ** 63n), 2n ** 63n - 1n] as const;
/** Room to read sixteen bytes from any place. */
const SLACK_BYTES = 16;

/** How many bytes `writeColumns` takes. */
export function columnsBytes(columns: readonly SieveColumn[]): number {
  const names = columns.reduce((sum, { name }) => sum + Buffer.byteLength(quoted(name)) + 1, 0);
  const tables = columns.reduce((sum, { automaton }) => sum + (automaton?.table.length ?? 0), 0);
  return columns.length * COLUMN_BYTES + tables + names + SLACK_BYTES;
}

/** Columns whose values go into the chunk that stands at `chunk`. */
export function writeColumns(
  bytes: Uint8Array,
  at: number,
  columns: readonly SieveColumn[],
  { chunk, layout }: { readonly chunk: number; readonly layout: ChunkLayout },
): void {
  const view = new DataView(bytes.buffer);
  let free = at + columns.length * COLUMN_BYTES;
  const keep = (own: Uint8Array): number => {
    bytes.set(own, free);
    free += own.length;
    return free - own.length;
  };
  for (const [index, column] of columns.entries()) {
    const { is, optional, name, isRead } = column;
    const place = at + index * COLUMN_BYTES;
    const [most, scale] = is.kind === "decimal" ? [is.precision - is.scale, is.scale] : [0, 0];
    bytes.set([KINDS.indexOf(isRead ? is.kind : "text"), optional ? 1 : 0, most, scale], place);
    const text = Buffer.from(`${quoted(name)}:`);
    const own = layout.columns[index];
    const words = [
      keep(text),
      text.length - 1,
      own?.width ?? 0,
      chunk + (own?.validity ?? 0),
      chunk + (own?.values ?? 0),
      chunk + (own?.texts ?? 0),
      own?.textBytes ?? 0,
    ];
    for (const [word, value] of words.entries()) view.setUint32(place + 4 + 4 * word, value, true);
    writeLimits(view, place, column);
    if (column.automaton === undefined) continue;
    const { table, start, accepting } = column.automaton;
    view.setUint32(place + TABLE, keep(table), true);
    bytes.set([accepting, start], place + ACCEPTING);
  }
}

function writeLimits(view: DataView, place: number, { is, range }: SieveColumn): void {
  const ends = range ?? (is.kind === "float" ? [-Infinity, Infinity] : WIDEST);
  for (const [index, end] of ends.entries()) {
    const at = place + (index === 0 ? LOW : HIGH);
    if (typeof end === "bigint") view.setBigInt64(at, end, true);
    else view.setFloat64(at, end, true);
  }
}

/** What the kernel tells of a column of the chunk. */
export function toldOf(view: DataView, place: number): { textBytes: number; hasNull: boolean } {
  return {
    textBytes: view.getUint32(place + HEAP_USED, true),
    hasNull: view.getUint32(place + HAS_NULL, true) !== 0,
  };
}

function quoted(name: string): string {
  return JSON.stringify(name);
}
