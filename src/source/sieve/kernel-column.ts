/** How the kernel is told of each column, and what it tells of it. */

import type { SieveColumn } from "./column.ts";
import type { ChunkLayout } from "./layout.ts";

/** By the kernel's number; `kernel/sieve/column.ts` has the same. */
const KINDS = ["text", "integer", "bigint", "decimal", "float", "boolean", "date", "timestamp"];
export const COLUMN_BYTES = 64;
const HEAP_USED = 32;
const HAS_NULL = 36;
/** Room to read sixteen bytes from any place. */
const SLACK_BYTES = 16;

/** How many bytes `writeColumns` takes. */
export function columnsBytes(columns: readonly SieveColumn[]): number {
  const names = columns.reduce((sum, { name }) => sum + Buffer.byteLength(quoted(name)) + 1, 0);
  return columns.length * COLUMN_BYTES + names + SLACK_BYTES;
}

/** Columns whose values go into the chunk that stands at `chunk`. */
export function writeColumns(
  bytes: Uint8Array,
  at: number,
  columns: readonly SieveColumn[],
  { chunk, layout }: { readonly chunk: number; readonly layout: ChunkLayout },
): void {
  const view = new DataView(bytes.buffer);
  let nameAt = at + columns.length * COLUMN_BYTES;
  for (const [index, { is, optional, name, isRead }] of columns.entries()) {
    const place = at + index * COLUMN_BYTES;
    const [most, scale] = is.kind === "decimal" ? [is.precision - is.scale, is.scale] : [0, 0];
    bytes.set([KINDS.indexOf(isRead ? is.kind : "text"), optional ? 1 : 0, most, scale], place);
    const text = Buffer.from(`${quoted(name)}:`);
    const own = layout.columns[index];
    const words = [
      nameAt,
      text.length - 1,
      own?.width ?? 0,
      chunk + (own?.validity ?? 0),
      chunk + (own?.values ?? 0),
      chunk + (own?.texts ?? 0),
      own?.textBytes ?? 0,
    ];
    for (const [word, value] of words.entries()) view.setUint32(place + 4 + 4 * word, value, true);
    bytes.set(text, nameAt);
    nameAt += text.length;
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
