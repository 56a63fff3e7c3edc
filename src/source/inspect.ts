/** The third stage of reading files: what a file is and whether it can be read, in one pass over its bytes. */

import { stat } from "node:fs/promises";
import { MillraceError, messageOf } from "../base/error.ts";
import { readContent, readStart } from "./content.ts";
import { openContentHash } from "./content-hash.ts";
import type { FileProblem } from "./file-problem.ts";
import type { Compression, Encoding, FileFormat } from "./file-source.ts";
import {
  compressionOf,
  FORMAT_NAMES,
  isBinary,
  kindOf,
  MAGIC_BYTES,
  wideEncodingOf,
} from "./magic.ts";
import { checkParquet } from "./parquet-file.ts";
import { quoteParity } from "./quote-check.ts";
import { type LineEnd, scanText, type TextFacts } from "./text-scan.ts";
import { checkWorkbook } from "./zip-directory.ts";

interface Spot {
  /** Offset in the unpacked content. */
  readonly offset: number;
  /** Counted from 1. */
  readonly line: number;
}

export interface Inspection {
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  /** Of the bytes as they stand in the file, as `ContentHash` gives it; empty only where they could not be read. */
  readonly hash: string;
  readonly compression: Compression | undefined;
  /** After unpacking. */
  readonly contentBytes: number;
  readonly empty: boolean;
  readonly hasBom: boolean;
  readonly lineEnd: LineEnd;
  readonly endsInLineEnd: boolean;
  /** The first NUL byte, the first bytes that are no UTF-8, the first line over the bound: for the contract to judge. */
  readonly nul: Spot | undefined;
  readonly invalidUtf8: Spot | undefined;
  readonly longLine: (Spot & { readonly bytes: number }) | undefined;
  /** Whether some line may be longer than 16 KiB; true where one is longer than 64 KiB. */
  readonly hasWideLine: boolean;
  /** Whether JSON's way of writing a NUL character stands somewhere. */
  readonly hasNulEscape: boolean;
  /** Whether a line end may stand in quotes, as `mayBreakInQuotes` tells it; undefined where no quote was named. */
  readonly mayBreakInQuotes: boolean | undefined;
  readonly problem: FileProblem | undefined;
}

export interface InspectOptions {
  readonly format: FileFormat;
  /** As declared; undefined lets the bytes decide. */
  readonly compression?: Compression | undefined;
  readonly encoding?: Encoding | undefined;
  /** Of CSV. */
  readonly quote?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** A line longer than this is reported; at least 1 MiB. */
  readonly longLineBytes?: number;
  /** Unpacked content beyond 256 MiB must not be more than so many times larger than the file. */
  readonly maxRatio?: number;
}

const RATIO_FREE_BYTES = 256 * 2 ** 20;
const TEXT_FORMATS: readonly FileFormat[] = ["csv", "json", "ndjson"];

/** Never throws for what is wrong with the file: that is its `problem`. */
export async function inspectFile(path: string, options: InspectOptions): Promise<Inspection> {
  const before = await stat(path).catch((error: unknown) => messageOf(error));
  if (typeof before === "string") {
    const problem: FileProblem = {
      rule: "file",
      message: `cannot be read: ${before}`,
      unsettled: true,
    };
    return { ...blank(0, 0), problem };
  }
  const facts = await look(path, before.size, options);
  const after = await stat(path).catch(() => undefined);
  const isSame =
    after?.size === before.size && after.mtimeMs === before.mtimeMs && after.ino === before.ino;
  const problem: FileProblem | undefined = isSame
    ? facts.problem
    : { rule: "file", message: "changed while it was read", unsettled: true };
  return { ...blank(before.size, before.mtimeMs), ...facts, problem };
}

type Facts = Partial<Inspection> & { readonly hash: string };

async function look(path: string, sizeBytes: number, options: InspectOptions): Promise<Facts> {
  const { signal, format } = options;
  const isText = TEXT_FORMATS.includes(format);
  const content = await openContentHash();
  const scan = scanText({ longLineBytes: options.longLineBytes ?? 2_000_000 });
  const quotes = options.quote === undefined ? undefined : quoteParity(options.quote);
  let hashedBytes = 0;
  let contentBytes = 0;
  let compression: Compression | undefined;
  const onRaw = (bytes: Buffer) => {
    content.update(bytes);
    hashedBytes += bytes.length;
  };
  try {
    compression = chooseCompression(await readStart(path, MAGIC_BYTES, { signal }), options);
    let start: Buffer = Buffer.alloc(0);
    for await (const piece of readContent(path, { compression, signal, onRaw, inPassing: true })) {
      contentBytes += piece.length;
      checkRatio(contentBytes, sizeBytes, options.maxRatio ?? 200);
      if (start.length < MAGIC_BYTES) {
        start = Buffer.concat([start, piece.subarray(0, MAGIC_BYTES - start.length)]);
        if (start.length === MAGIC_BYTES) checkStart(start, options);
      }
      if (isText) scan.push(piece);
      quotes?.push(piece);
    }
    const hasBom = start.toString("hex", 0, 3) === "efbbbf" || wideEncodingOf(start) !== undefined;
    const empty = contentBytes === 0 || (contentBytes <= 3 && hasBom);
    const known = { compression, contentBytes, empty, hasBom };
    if (!empty && start.length < MAGIC_BYTES) checkStart(start, options);
    if (!empty && format === "xlsx") await checkWorkbook(path);
    if (!empty && format === "parquet") await checkParquet(path);
    const text = isText ? await describeText(scan.finish(), path, { ...options, compression }) : {};
    return {
      hash: content.digest(),
      ...known,
      ...text,
      mayBreakInQuotes: quotes?.finish(),
    };
  } catch (error) {
    signal?.throwIfAborted();
    const isWhole = hashedBytes === sizeBytes;
    const hash = isWhole ? content.digest() : await hashFile(path, signal).catch(() => "");
    const problem: FileProblem =
      error instanceof MillraceError
        ? { rule: "file", message: error.message }
        : { rule: "file", message: `cannot be read: ${messageOf(error)}`, unsettled: true };
    return { hash, compression, contentBytes, problem };
  }
}

/** What was declared must be true; what was not is told by the bytes, never by the name. */
function chooseCompression(
  start: Buffer,
  { format, compression }: InspectOptions,
): Compression | undefined {
  if (!TEXT_FORMATS.includes(format)) {
    if (compression === undefined) return undefined;
    throw wrong(`${FORMAT_NAMES[format]} is compressed inside; leave the option compression out`);
  }
  const found = compressionOf(start);
  if (compression !== undefined && found !== compression && start.length > 0) {
    throw wrong(
      `is declared to be ${compression} but is ${found ?? kindOf(start) ?? "plain text"}`,
    );
  }
  return found;
}

/** Throws where the first bytes of the content show something else than the format. */
function checkStart(start: Buffer, { format, encoding }: InspectOptions): void {
  const kind = kindOf(start);
  const wanted = FORMAT_NAMES[format];
  if (format === "xlsx" || format === "parquet") {
    const isRight = start.toString("latin1", 0, 4) === (format === "xlsx" ? "PK\x03\x04" : "PAR1");
    if (!isRight)
      throw wrong(`is ${kind ?? (isBinary(start) ? "of no known kind" : "text")}, not ${wanted}`);
    return;
  }
  if (compressionOf(start) !== undefined)
    throw wrong("is compressed twice; unpack it once before delivery");
  if (kind !== undefined) throw wrong(`is ${kind}, not ${wanted}`);
  const wide = wideEncodingOf(start);
  if (wide === "UTF-32") throw wrong("is UTF-32; deliver it as UTF-8");
  if (wide === "UTF-16" && encoding !== "utf-16") {
    const what = format === "csv" ? 'declare it with encoding: "utf-16"' : "deliver it as UTF-8";
    throw wrong(`is UTF-16; ${what}`);
  }
  if (wide !== "UTF-16" && encoding === "utf-16")
    throw wrong("is declared to be utf-16 but is not");
  if (wide === undefined && isBinary(start)) throw wrong(`is binary data, not ${wanted}`);
}

function checkRatio(contentBytes: number, sizeBytes: number, maxRatio: number): void {
  if (contentBytes > RATIO_FREE_BYTES && contentBytes > sizeBytes * maxRatio) {
    throw wrong(
      `unpacks to more than ${maxRatio} times its ${sizeBytes} bytes, as a decompression bomb does`,
    );
  }
}

async function describeText(
  facts: TextFacts,
  path: string,
  options: InspectOptions,
): Promise<Partial<Inspection>> {
  const { lineEnd, endsInLineEnd, nulAt, invalidUtf8At, longLine, hasWideLine, hasNulEscape } =
    facts;
  if (options.encoding === "utf-16") return { lineEnd, endsInLineEnd, hasWideLine: true };
  const spot = async (offset: number): Promise<Spot> => ({
    offset,
    line: 1 + (await countLines(path, offset, options)),
  });
  const isUtf8 = options.encoding === undefined || options.encoding === "utf-8";
  const invalidUtf8 = isUtf8 && invalidUtf8At !== undefined ? await spot(invalidUtf8At) : undefined;
  const described = {
    lineEnd,
    endsInLineEnd,
    hasWideLine,
    hasNulEscape,
    nul: nulAt === undefined ? undefined : await spot(nulAt),
    invalidUtf8,
    longLine: longLine && { ...(await spot(longLine.at)), bytes: longLine.bytes },
  };
  if (options.format !== "json" || invalidUtf8 === undefined) return described;
  const message = `is no UTF-8 at byte ${invalidUtf8.offset}`;
  return { ...described, problem: { rule: "file", message, line: invalidUtf8.line } };
}

/** Line ends before the offset. */
async function countLines(path: string, offset: number, options: InspectOptions): Promise<number> {
  let left = offset;
  let lines = 0;
  for await (const piece of readContent(path, { ...options, inPassing: true })) {
    const part = piece.subarray(0, left);
    for (let at = part.indexOf(0x0a); at !== -1; at = part.indexOf(0x0a, at + 1)) lines += 1;
    left -= part.length;
    if (left === 0) break;
  }
  return lines;
}

async function hashFile(path: string, signal: AbortSignal | undefined): Promise<string> {
  const content = await openContentHash();
  for await (const piece of readContent(path, { signal })) content.update(piece);
  return content.digest();
}

function blank(sizeBytes: number, modifiedMs: number): Inspection {
  return {
    sizeBytes,
    modifiedMs,
    hash: "",
    compression: undefined,
    contentBytes: 0,
    empty: false,
    hasBom: false,
    lineEnd: "none",
    endsInLineEnd: false,
    nul: undefined,
    invalidUtf8: undefined,
    longLine: undefined,
    hasWideLine: false,
    hasNulEscape: false,
    mayBreakInQuotes: undefined,
    problem: undefined,
  };
}

function wrong(message: string): MillraceError {
  return new MillraceError(message, { code: "source/unreadable-file" });
}
