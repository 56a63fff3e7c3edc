/**
 * The short way for large files of plain lines, before the records are split. A sieve looks at each line byte by byte:
 * where every field is written in the one canonical way of its type, and within its range and pattern, it lays the
 * values out as the engine holds them, which costs a fraction of taking a text and converting it strictly. The rules
 * that only SQL can tell are held then. Every line that is not surely good, for its bytes or for a rule, is kept with
 * its number and goes the long way: one place alone decides what is bad, and says why.
 *
 *     lines --sieve--> rows in bulk --rules--> good rows
 *               |                      |
 *               +-------- rest <-------+       the long way
 */

import { randomUUID } from "node:crypto";
import { mkdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { MillraceError, systemCodeOf } from "../base/error.ts";
import type { Engine } from "../engine/engine.ts";
import { openSievePool, type SievePool, THREAD_BYTES } from "../source/sieve/pool.ts";
import type { PartPaths } from "../source/sieve/sift-part.ts";
import { openSifting, type Sifting } from "../source/sieve/sift-parts.ts";
import { quoteText } from "../sql/quote.ts";
import type { IngestDefinition } from "./asset.ts";
import type { SiftedContract } from "./contract.ts";
import { type PartOfFile, partsOf } from "./part-of-file.ts";
import { openPassedRows } from "./passed-rows.ts";
import type { Records, Sieve, Through } from "./records.ts";
import { restOf } from "./rest.ts";
import {
  columnList,
  goodFiles,
  layoutOf,
  NO_ROWS,
  type Split,
  type SplitInput,
  writer,
} from "./split.ts";

/** A smaller group is read as fast without. */
const LEAST_BYTES = 2 ** 20;
/** Each has statements of its own. */
const MOST_FILES = 16;
/** Of lines whose numbers are kept in memory. */
const MOST_TOLD = 10_000_000;

export interface SiftInput extends SplitInput {
  readonly extraFields: Parameters<Sieve["through"]>[1];
  readonly signal: AbortSignal;
  readonly pool: SievePool | undefined;
}

export interface Sifted {
  readonly good: Split;
  /** What has to go the long way. */
  readonly rest: readonly Records[];
}

/** Undefined where the long way is the only one, or turned out to be the better one. */
export async function sift(input: SiftInput): Promise<Sifted | undefined> {
  const { records, contract, extraFields, signal } = input;
  const { sieve, files } = records;
  if (bytesOf(files) < LEAST_BYTES || files.length > MOST_FILES) return undefined;
  const sifted = contract.sifted();
  if (sifted === undefined || sieve === undefined) return undefined;
  const through = sieve.through(sifted.demands, extraFields);
  if (through === undefined) return undefined;
  const folder = join(input.folder, `sift-${randomUUID()}`);
  let done: Sifted | undefined;
  try {
    await mkdir(folder);
    const before = await stampsOf(files);
    const all = await siftAll({ ...input, folder, sifted, sieve, through });
    // What was sifted, and the lines that were read once more, must be of one file.
    if ((await stampsOf(files)) === before) done = all;
  } catch (error) {
    signal.throwIfAborted();
    // Whatever failed here, a rule that divides by zero or a full disk, the long way fails of too, or does not.
    if (!(error instanceof MillraceError) && systemCodeOf(error) === undefined) throw error;
  } finally {
    if (done === undefined) await rm(folder, { recursive: true, force: true });
  }
  return done;
}

/** Threads that wait for files of a load, which is still to look into them; none where a sieve is not to be expected. */
export async function openPoolFor(
  engine: Engine,
  { sources, where }: Pick<IngestDefinition, "sources" | "where">,
  files: readonly { readonly found: { readonly sizeBytes: number } }[],
): Promise<SievePool> {
  const bytes = files.reduce((sum, { found }) => sum + found.sizeBytes, 0);
  const areLines = sources.every(({ format }) => format === "csv" || format === "ndjson");
  const isLikely = areLines && where === undefined && files.length <= MOST_FILES;
  const most = isLikely ? Math.floor(bytes / THREAD_BYTES) : 0;
  const threads = most === 0 ? 0 : await threadsOf(engine);
  return openSievePool(threads < 2 ? 0 : Math.min(threads, most));
}

async function threadsOf(engine: Engine): Promise<number> {
  const [setting] = await engine.rows("select current_setting('threads')::integer as threads");
  return Number(setting?.threads);
}

function bytesOf(files: Records["files"]): number {
  return files.reduce((sum, { inspection }) => sum + inspection.contentBytes, 0);
}

/** Changes with what any of the files holds. */
async function stampsOf(files: Records["files"]): Promise<string> {
  const stamps = files.map(async ({ readPath }) => {
    const { ino, size, mtimeMs } = await stat(readPath);
    return [ino, size, mtimeMs];
  });
  return JSON.stringify(await Promise.all(stamps));
}

interface Job extends SiftInput {
  readonly sifted: SiftedContract;
  readonly sieve: Sieve;
  readonly through: Through;
}

/** Rows are numbered by their part and their line in it. */
const PART_NUMBERS = 2 ** 32;

async function siftAll(job: Job): Promise<Sifted | undefined> {
  const { engine, folder, records, sieve, through, numbered } = job;
  const threads = await threadsOf(engine);
  // Where a part begins among the lines of its file is not known before the ones in front of it are done.
  const parts = await partsOf(records.files, sieve.headerLines, numbered ? 1 : threads);
  const tasks = parts.map(({ range }, index) => ({
    ...range,
    dialect: through.dialect,
    columns: through.columns,
    numbersAfter: index * PART_NUMBERS,
    paths: pathsIn(folder),
  }));
  const sifting = openSifting(tasks, { threads, bytes: bytesOf(records.files), pool: job.pool });
  try {
    const taken = await takePassed(job, parts, sifting);
    const sifted = await sifting.parts();
    const told = sifted.reduce((sum, { broken, odd }) => sum + broken.length + odd.length, 0);
    if (told > MOST_TOLD) return undefined;
    const passed = sifted.reduce((sum, one) => sum + one.passed, 0);
    if (taken.goodRows + taken.broken.length !== passed)
      throw new Error(
        `Bug: of ${passed} lines that passed the sieve ${taken.goodRows} are good and ${taken.broken.length} are not`,
      );
    const { broken, ...good } = taken;
    const rest = await restOf({ sieve, through, folder, parts, tasks, sifted, broken });
    return { good: { ...NO_ROWS, ...good }, rest };
  } finally {
    await sifting.close();
  }
}

function pathsIn(folder: string): PartPaths {
  const path = (kind: string): string => join(folder, `${kind}-${randomUUID()}`);
  return { held: path("held"), broken: path("broken"), odd: path("odd") };
}

/** The rows that passed and hold the rules, in the table's own files; of the others their numbers, rising. */
async function takePassed(
  job: Job,
  parts: readonly PartOfFile[],
  sifting: Sifting,
): Promise<Pick<Split, "good" | "goodRows"> & { broken: Float64Array }> {
  const { engine, records, sifted, columns, signal, through } = job;
  const notes = await engine.openNotes();
  const bytes = bytesOf(records.files);
  const rows = openPassedRows(engine, through, {
    next(thread) {
      signal.throwIfAborted();
      return sifting.next(thread);
    },
    fraction: () => Math.min(sifting.readBytes() / bytes, 1),
  });
  try {
    const layer = {
      relation: placed(job, parts, rows.relation),
      file: `"~file"`,
      line: `"~line"`,
      place: `"~file" || ':' || "~line"`,
    };
    const query = `select ${columnList(job)} from (${sifted.judge(layer, notes.write(`"~n"`))})`;
    const written = goodFiles(await writer(job)(query, layoutOf(job)), columns);
    return { ...written, broken: await notes.read() };
  } finally {
    rows.close();
    await notes.close();
  }
}

/** With the file of each row, and its line where it is asked for. */
function placed({ sieve, numbered }: Job, parts: readonly PartOfFile[], rows: string): string {
  const names = parts.map(({ input }) => quoteText(input.found.name));
  const isOne = new Set(names).size === 1;
  const file = isOne ? names[0] : `([${names.join(", ")}])["~n" // ${PART_NUMBERS} + 1]`;
  const line = numbered ? `"~n" % ${PART_NUMBERS} + ${sieve.headerLines}` : "null::bigint";
  return `(select *, ${line} as "~line", ${file} as "~file" from ${rows})`;
}
