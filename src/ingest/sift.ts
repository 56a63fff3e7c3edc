/**
 * The short way for large files of plain lines, before the records are split. A sieve looks at each line byte by byte:
 * where every field is written in the one canonical way of its type, the engine's reader may type it by itself, which
 * costs a third of taking a text and converting it strictly. What is left to SQL is the rules. Every line that is not
 * surely good, for its bytes or for a rule, is kept with its number and goes the long way: one place alone decides what
 * is bad, and says why.
 *
 *     lines --sieve--> passed --reader, rules--> good rows
 *               |                     |
 *               +------- rest <-------+          the long way
 */

import { randomUUID } from "node:crypto";
import { mkdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { MillraceError, systemCodeOf } from "../base/error.ts";
import type { SieveColumn } from "../source/sieve/column.ts";
import { numberedLine, type SieveDialect } from "../source/sieve/held-line.ts";
import { NO_MARKS, visitLines } from "../source/sieve/mark.ts";
import { openPieces } from "../source/sieve/pieces.ts";
import type { PartPaths, SiftedPart } from "../source/sieve/sift-part.ts";
import { siftParts } from "../source/sieve/sift-parts.ts";
import { quoteText } from "../sql/quote.ts";
import type { SiftedContract } from "./contract.ts";
import { oddFiles } from "./odd-line.ts";
import { type PartOfFile, roundsOf } from "./part-of-file.ts";
import type { Records, Sieve } from "./records.ts";
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
}

export interface Sifted {
  readonly good: Split;
  /** What has to go the long way. */
  readonly rest: readonly Records[];
}

/** Undefined where the long way is the only one, or turned out to be the better one. */
export async function sift(input: SiftInput): Promise<Sifted | undefined> {
  const { records, contract, extraFields, signal } = input;
  const { sifted } = contract;
  const { sieve, files } = records;
  const bytes = files.reduce((sum, { inspection }) => sum + inspection.contentBytes, 0);
  if (sifted === undefined || sieve === undefined) return undefined;
  if (bytes < LEAST_BYTES || files.length > MOST_FILES) return undefined;
  const through = sieve.through(sifted.kinds, extraFields);
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
  readonly through: { readonly dialect: SieveDialect; readonly columns: readonly SieveColumn[] };
}

/** A part, and what came of it. */
interface Done extends PartOfFile {
  readonly sifted: SiftedPart;
  readonly paths: PartPaths;
  /** How many lines stand before it in its file, and in all that were sifted. */
  readonly linesBefore: number;
  readonly allBefore: number;
}

interface Rested extends Done {
  readonly hasHeld: boolean;
}

async function siftAll(job: Job): Promise<Sifted | undefined> {
  const { engine, folder, records, sieve, signal } = job;
  const setting = await engine.rows("select current_setting('threads')::integer as threads");
  const threads = Number(setting[0]?.threads);
  const done: Rested[] = [];
  const removed: Promise<void>[] = [];
  let good: Split = NO_ROWS;
  for (const round of await roundsOf(records.files, sieve.headerLines, threads)) {
    const tasks = round.map(({ range }) => ({ ...range, ...job.through, paths: pathsIn(folder) }));
    const sifted = await siftParts(tasks, { threads, signal });
    const told = [...done.map((part) => part.sifted), ...sifted].reduce(
      (sum, { broken, odd }) => sum + broken.length + odd.length,
      0,
    );
    if (told > MOST_TOLD || sifted.some(({ isUnfit }) => isUnfit)) return undefined;
    const parts = place(done, round, tasks, sifted, sieve.headerLines);
    const taken = await takePassed(job, parts);
    good = {
      ...good,
      good: [...good.good, ...taken.good],
      goodRows: good.goodRows + taken.goodRows,
    };
    for (const part of parts) {
      const broken = holdBroken(job, part, taken.broken);
      const sifted = { ...part.sifted, marks: NO_MARKS };
      done.push({ ...part, sifted, hasHeld: sifted.held + broken > 0 });
      removed.push(rm(part.paths.passed));
    }
    await Promise.all(removed.splice(0, removed.length - parts.length));
  }
  await Promise.all(removed);
  return { good, rest: await restOf(job, done) };
}

function pathsIn(folder: string): PartPaths {
  const path = (kind: string): string => join(folder, `${kind}-${randomUUID()}`);
  return { passed: path("passed"), held: path("held"), broken: path("broken"), odd: path("odd") };
}

/** The parts of a round behind those that are done. */
function place(
  done: readonly Done[],
  round: readonly PartOfFile[],
  tasks: readonly { readonly paths: PartPaths }[],
  sifted: readonly SiftedPart[],
  headerLines: number,
): Done[] {
  const placed: Done[] = [];
  for (const [index, part] of round.entries()) {
    const [task, result] = [tasks[index], sifted[index]];
    if (task === undefined || result === undefined) continue;
    const before = [...done, ...placed];
    const inFile = before.findLast(({ input }) => input === part.input);
    const last = before.at(-1);
    placed.push({
      ...part,
      sifted: result,
      paths: task.paths,
      linesBefore: inFile === undefined ? headerLines : inFile.linesBefore + inFile.sifted.lines,
      allBefore: last === undefined ? 0 : last.allBefore + last.sifted.lines,
    });
  }
  return placed;
}

/** The rows that passed and hold the rules, in the table's own files; of the others their lines among all, from 1 and rising. */
async function takePassed(
  job: Job,
  parts: readonly Done[],
): Promise<Pick<Split, "good" | "goodRows"> & { broken: Float64Array }> {
  const { engine, sifted, columns } = job;
  const passed = parts.reduce((sum, one) => sum + one.sifted.passed, 0);
  if (passed === 0) return { good: [], goodRows: 0, broken: new Float64Array() };
  const notes = await engine.openNotes();
  try {
    const layer = {
      relation: `(${parts.map((part) => passedRelation(job, part)).join(" union all ")})`,
      file: `"~file"`,
      line: `"~line"`,
      place: `"~file" || ':' || "~line"`,
    };
    const query = `select ${columnList(job)} from (${sifted.judge(layer, notes.write(`"~at"`))})`;
    const written = goodFiles(await writer(job)(query, layoutOf(job)), columns);
    const broken = await notes.read();
    if (written.goodRows + broken.length !== passed)
      throw new Error(
        `Bug: of ${passed} lines that passed the sieve ${written.goodRows} are good and ${broken.length} are not`,
      );
    return { ...written, broken };
  } finally {
    await notes.close();
  }
}

/** Adds the lines of the part that broke a rule to those that were held; gives how many. */
function holdBroken(
  { through }: Job,
  { range, sifted, paths, allBefore }: Done,
  broken: Float64Array,
): number {
  const own = broken
    .filter((line) => line > allBefore && line <= allBefore + sifted.lines)
    .map((line) => line - allBefore);
  if (own.length === 0) return 0;
  const held = openPieces(paths.held, "a");
  try {
    visitLines(range.path, sifted.marks, own, (number, line) =>
      held.add(numberedLine(number, line, through.dialect)),
    );
    held.flush();
  } finally {
    held.close();
  }
  return own.length;
}

async function restOf({ sieve, folder }: Job, parts: readonly Rested[]): Promise<Records[]> {
  const rest: Records[] = [];
  const held = parts
    .map((part) => ({ ...part, broken: part.sifted.broken }))
    .filter(({ hasHeld, broken }) => hasHeld || broken.length > 0);
  if (held.length > 0) rest.push(sieve.held(held));
  const odd = await oddFiles(
    folder,
    parts.map(({ input, header, linesBefore, paths, sifted }) => ({
      input,
      header,
      path: paths.odd,
      lines: Array.from(sifted.odd, (line) => linesBefore + line),
    })),
    sieve.headerLines,
  );
  if (odd.length > 0 && sieve.odd !== undefined) rest.push(sieve.odd(odd));
  return rest;
}

function passedRelation(
  { sieve, sifted }: Job,
  { input, paths, allBefore, linesBefore }: Done,
): string {
  const name = quoteText(input.found.name);
  return `select *, "~n" + ${allBefore} as "~at", "~n" + ${linesBefore} as "~line", ${name} as "~file" from ${sieve.passed(paths.passed, sifted.kinds)}`;
}
