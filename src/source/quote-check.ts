/** What the quotes of a CSV text do: whether the last field is closed, and whether a line end may stand inside one. */

import { openByteKernel } from "./byte-kernel.ts";
import { readContent } from "./content.ts";
import type { CsvDialect } from "./csv-record.ts";
import type { Compression } from "./file-source.ts";
import { FREE_FROM } from "./kernel.ts";

const LF = 0x0a;
const CR = 0x0d;
/** What the kernel looks at together, and room behind it. */
const PART_BYTES = 1 << 20;
const KERNEL_BYTES = PART_BYTES + 16;
/** The kernel's word for a line end within quotes. */
const BROKEN = 2;
/** Where a text begins, which is as good as after a line end. */
const NOTHING = -1;

export interface QuoteOptions extends CsvDialect {
  readonly compression?: Compression | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** False also where a quote stands inside a field: what a reader makes of such a text is not known before it is read. */
export async function closesItsQuotes(
  path: string,
  { delimiter, quote, compression, signal }: QuoteOptions,
): Promise<boolean> {
  const quoteByte = quote.charCodeAt(0);
  const delimiterByte = delimiter.charCodeAt(0);
  const isBorder = (byte: number): boolean =>
    byte === delimiterByte || byte === LF || byte === CR || byte === NOTHING;
  let isInside = false;
  /** The last byte was a quote inside a field: the next one says whether it closed the field or was doubled. */
  let isOpen = false;
  let last = NOTHING;
  let isFirst = true;
  for await (const piece of readContent(path, { compression, signal })) {
    const start = isFirst && piece.toString("hex", 0, 3) === "efbbbf" ? 3 : 0;
    isFirst = false;
    if (!isInside && !piece.includes(quoteByte)) {
      last = piece.at(-1) ?? last;
      continue;
    }
    for (let at = start; at < piece.length; at++) {
      const byte = piece[at] ?? NOTHING;
      if (isOpen) {
        isOpen = false;
        if (byte !== quoteByte) {
          if (!isBorder(byte)) return false;
          isInside = false;
        }
      } else if (byte === quoteByte) {
        if (isInside) isOpen = true;
        else if (isBorder(last)) isInside = true;
        else return false;
      }
      last = byte;
    }
  }
  return !isInside || isOpen;
}

/**
 * True where a line has an odd number of quotes: then a line end may stand inside a field. False is certain. The
 * engine cuts a large file into parts and guesses whether one begins inside quotes; it may guess wrong and take the
 * lines of a text for records.
 */
export async function mayBreakInQuotes(
  path: string,
  { quote, compression, signal }: QuoteOptions,
): Promise<boolean> {
  const parity = quoteParity(quote);
  for await (const piece of readContent(path, { compression, signal, inPassing: true })) {
    parity.push(piece);
    if (parity.isBroken()) return true;
  }
  return parity.finish();
}

export interface QuoteParity {
  push(piece: Buffer): void;
  /** What `finish` would give is certain. */
  isBroken(): boolean;
  /** As `mayBreakInQuotes` of all pieces. */
  finish(): boolean;
}

export function quoteParity(quote: string): QuoteParity {
  const kernel = openByteKernel(KERNEL_BYTES);
  const quoteByte = quote.charCodeAt(0);
  let odd = 0;
  return {
    push(piece) {
      for (let at = 0; at < piece.length && odd !== BROKEN; at += PART_BYTES) {
        const part = piece.subarray(at, at + PART_BYTES);
        kernel.bytes.set(part, FREE_FROM);
        odd = kernel.parity(FREE_FROM, FREE_FROM + part.length, quoteByte, odd);
      }
    },
    isBroken: () => odd === BROKEN,
    finish: () => odd !== 0,
  };
}
