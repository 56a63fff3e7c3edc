/** What the sieve is told of each column, and how the kernel reads it. */

/** What a value must surely be; of a text nothing is asked. */
export type SieveKind =
  | { readonly kind: "text" | "integer" | "bigint" | "float" | "boolean" | "date" | "timestamp" }
  | { readonly kind: "decimal"; readonly precision: number; readonly scale: number };

export interface SieveColumn {
  readonly is: SieveKind;
  /** True where it may be empty, null or left out. */
  readonly optional: boolean;
  /** As a member of a JSON object; of CSV the order tells. */
  readonly name: string;
}

/** By the kernel's number; `kernel/sieve/column.ts` has the same. */
const KINDS = ["text", "integer", "bigint", "decimal", "float", "boolean", "date", "timestamp"];
const COLUMN_BYTES = 32;
/** Room to read sixteen bytes from any place. */
const SLACK_BYTES = 16;

/** What a column is called in the JSON that the sieve writes. */
export function shortName(index: number): string {
  return `c${index}`;
}

/** How many bytes `writeColumns` takes. */
export function columnsBytes(columns: readonly SieveColumn[]): number {
  const names = columns.reduce((sum, { name }) => sum + Buffer.byteLength(quoted(name)), 0);
  return columns.length * COLUMN_BYTES + names + SLACK_BYTES;
}

export function writeColumns(bytes: Uint8Array, at: number, columns: readonly SieveColumn[]): void {
  const view = new DataView(bytes.buffer);
  let nameAt = at + columns.length * COLUMN_BYTES;
  for (const [index, { is, optional, name }] of columns.entries()) {
    const place = at + index * COLUMN_BYTES;
    const [most, scale] = is.kind === "decimal" ? [is.precision - is.scale, is.scale] : [0, 0];
    bytes.set([KINDS.indexOf(is.kind), optional ? 1 : 0, most, scale], place);
    const text = Buffer.from(quoted(name));
    view.setUint32(place + 4, nameAt, true);
    view.setUint32(place + 8, text.length, true);
    bytes.set(text, nameAt);
    nameAt += text.length;
    const label = Buffer.from(`,"${shortName(index)}":`);
    view.setUint32(place + 12, label.length, true);
    bytes.set(label, place + 16);
  }
}

function quoted(name: string): string {
  return JSON.stringify(name);
}
