/** One pass over the bytes of a text that looks for what readers stumble over, at the speed of memory. */

import { isUtf8 } from "node:buffer";

const LF = 0x0a;
const CR = 0x0d;

/** `mixed` is judged by the first piece of the text that holds a carriage return: LF and CRLF, or a bare CR. */
export type LineEnd = "none" | "lf" | "crlf" | "cr" | "mixed";

export interface TextFacts {
  readonly lineEnd: LineEnd;
  readonly endsInLineEnd: boolean;
  /** Offsets in the content of the first of each, or undefined. */
  readonly nulAt: number | undefined;
  readonly invalidUtf8At: number | undefined;
  /** The first line longer than the bound: where it begins, and its length without the line end. */
  readonly longLine: { readonly at: number; readonly bytes: number } | undefined;
}

export interface TextScan {
  push(piece: Buffer): void;
  finish(): TextFacts;
}

/** `longLineBytes` must not be less than the pieces are long: a line within one piece is never looked at. */
export function scanText({ longLineBytes }: { longLineBytes: number }): TextScan {
  let offset = 0;
  let lineStart = 0;
  let lineEnd: LineEnd = "none";
  let lastByte = -1;
  let nulAt: number | undefined;
  let longLine: TextFacts["longLine"];
  const utf8 = utf8Check();

  const endLine = (end: number): void => {
    const bytes = end - lineStart;
    if (longLine === undefined && bytes > longLineBytes) longLine = { at: lineStart, bytes };
  };

  return {
    push(piece) {
      if (nulAt === undefined) {
        const nul = piece.indexOf(0);
        if (nul !== -1) nulAt = offset + nul;
      }
      const first = piece.indexOf(LF);
      if (first !== -1) {
        endLine(offset + first);
        lineStart = offset + piece.lastIndexOf(LF) + 1;
      }
      lineEnd = lineEndWith(lineEnd, piece, lastByte);
      utf8.push(piece);
      offset += piece.length;
      lastByte = piece.at(-1) ?? lastByte;
    },
    finish() {
      endLine(offset);
      const invalidUtf8At = utf8.finish();
      const endsInLineEnd = lastByte === LF || (lastByte === CR && lineEnd === "cr");
      return { lineEnd, endsInLineEnd, nulAt, invalidUtf8At, longLine };
    },
  };
}

/** What is known of the line ends after one more piece. */
function lineEndWith(before: LineEnd, piece: Buffer, lastByte: number): LineEnd {
  if (before === "mixed" || before === "crlf") return before;
  const hasLf = piece.includes(LF);
  const hasCr = piece.includes(CR);
  if (!hasCr && before !== "cr") return hasLf || before === "lf" ? "lf" : "none";
  if (before === "lf") return "mixed";
  if (!hasLf) return "cr";
  if (before === "cr") return isAllCrlf(piece, lastByte) && lastByte === CR ? "crlf" : "mixed";
  return isAllCrlf(piece, lastByte) ? "crlf" : "mixed";
}

/** True where each LF follows a CR and each CR, the last byte aside, is followed by an LF. */
function isAllCrlf(piece: Buffer, lastByte: number): boolean {
  for (let at = piece.indexOf(LF); at !== -1; at = piece.indexOf(LF, at + 1)) {
    if ((at === 0 ? lastByte : piece[at - 1]) !== CR) return false;
  }
  for (
    let at = piece.indexOf(CR);
    at !== -1 && at + 1 < piece.length;
    at = piece.indexOf(CR, at + 1)
  ) {
    if (piece[at + 1] !== LF) return false;
  }
  return true;
}

/** Follows UTF-8 over the borders of pieces; `finish` gives the offset of the first bytes that are none. */
function utf8Check(): { push(piece: Buffer): void; finish(): number | undefined } {
  let offset = 0;
  let held: Buffer = Buffer.alloc(0);
  let invalidAt: number | undefined;
  return {
    push(piece) {
      if (invalidAt !== undefined) return;
      const wanted = held.length === 0 ? 0 : Math.max(0, sequenceBytes(held[0] ?? 0) - held.length);
      const head = Buffer.concat([held, piece.subarray(0, wanted)]);
      if (head.length < held.length + wanted) {
        held = head;
        return;
      }
      const end = piece.length - unfinishedBytes(piece.subarray(wanted));
      const body = piece.subarray(wanted, end);
      if (!isUtf8(head)) invalidAt = offset;
      else if (!isUtf8(body)) invalidAt = offset + head.length + firstInvalid(body);
      offset += head.length + body.length;
      held = piece.subarray(end);
    },
    finish: () => invalidAt ?? (held.length > 0 ? offset : undefined),
  };
}

function sequenceBytes(lead: number): number {
  if (lead >= 0xf0) return 4;
  if (lead >= 0xe0) return 3;
  return lead >= 0xc0 ? 2 : 1;
}

/** How many bytes at the end begin a character that the piece does not finish. */
function unfinishedBytes(piece: Buffer): number {
  for (let back = 1; back <= Math.min(3, piece.length); back++) {
    const byte = piece[piece.length - back] ?? 0;
    if (byte >= 0xc0) return sequenceBytes(byte) > back ? back : 0;
    if (byte < 0x80) return 0;
  }
  return 0;
}

/** By halving: the longest valid beginning that does not cut a character. */
function firstInvalid(bytes: Buffer): number {
  let valid = 0;
  let bound = bytes.length;
  while (bound - valid > 4) {
    let middle = (valid + bound) >> 1;
    while (middle > valid && ((bytes[middle] ?? 0) & 0xc0) === 0x80) middle -= 1;
    if (middle === valid) break;
    if (isUtf8(bytes.subarray(valid, middle))) valid = middle;
    else bound = middle;
  }
  while (valid < bound) {
    const length = sequenceBytes(bytes[valid] ?? 0);
    if (!isUtf8(bytes.subarray(valid, valid + length))) return valid;
    valid += length;
  }
  return valid;
}
