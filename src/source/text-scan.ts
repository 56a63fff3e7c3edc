/** One pass over the bytes of a text that looks for what readers stumble over, at the speed of memory. */

import { isUtf8 } from "node:buffer";

const LF = 0x0a;
const CR = 0x0d;
const WINDOW_BYTES = 1 << 14;
const NUL_ESCAPE = "\\u0000";

/** `mixed`: LF and CRLF, or a bare CR beside either; also where it stands inside quotes. */
export type LineEnd = "none" | "lf" | "crlf" | "cr" | "mixed";

export interface TextFacts {
  readonly lineEnd: LineEnd;
  readonly endsInLineEnd: boolean;
  /** Offsets in the content of the first of each, or undefined. */
  readonly nulAt: number | undefined;
  readonly invalidUtf8At: number | undefined;
  /** The first line longer than the bound: where it begins, and its length without the line end. */
  readonly longLine: { readonly at: number; readonly bytes: number } | undefined;
  /** True where a line has more than 64 KiB, and never where all have less than 16 KiB. */
  readonly hasWideLine: boolean;
  /** Whether JSON's way of writing a NUL character stands somewhere. */
  readonly hasNulEscape: boolean;
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
  let hasWideLine = false;
  let hasNulEscape = false;
  let tail: Buffer = Buffer.alloc(0);
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
      hasWideLine ||= hasWindowWithout(piece);
      hasNulEscape ||=
        piece.includes(NUL_ESCAPE) ||
        Buffer.concat([tail, piece.subarray(0, NUL_ESCAPE.length)]).includes(NUL_ESCAPE);
      tail = Buffer.from(piece.subarray(-NUL_ESCAPE.length));
      lineEnd = lineEndWith(lineEnd, piece, lastByte);
      utf8.push(piece);
      offset += piece.length;
      lastByte = piece.at(-1) ?? lastByte;
    },
    finish() {
      endLine(offset);
      const invalidUtf8At = utf8.finish();
      const endsInLineEnd = lastByte === LF || (lastByte === CR && lineEnd === "cr");
      return { lineEnd, endsInLineEnd, nulAt, invalidUtf8At, longLine, hasWideLine, hasNulEscape };
    },
  };
}

/** A long line covers at least one of the windows as a whole: a look into each is enough. */
function hasWindowWithout(piece: Buffer): boolean {
  for (let at = 0; at + WINDOW_BYTES <= piece.length; at += WINDOW_BYTES) {
    const end = piece.indexOf(LF, at);
    if (end === -1 || end >= at + WINDOW_BYTES) return true;
  }
  return false;
}

/** What is known of the line ends after one more piece. */
function lineEndWith(before: LineEnd, piece: Buffer, lastByte: number): LineEnd {
  if (before === "mixed") return before;
  if (before === "crlf") return isAllCrlf(piece, lastByte) ? "crlf" : "mixed";
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
  if (lastByte === CR && piece.length > 0 && piece[0] !== LF) return false;
  let from = 0;
  for (let at = piece.indexOf(LF); at !== -1; at = piece.indexOf(LF, from)) {
    const first = piece.indexOf(CR, from);
    if (at === 0 ? lastByte !== CR : first !== at - 1) return false;
    from = at + 1;
  }
  const rest = piece.indexOf(CR, from);
  return rest === -1 || rest === piece.length - 1;
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
      held = Buffer.from(piece.subarray(end));
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
