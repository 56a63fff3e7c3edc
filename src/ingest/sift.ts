/**
 * The short way for large files of plain lines, before the records are split. A sieve looks at each line byte by byte:
 * where every field is written in the one canonical way of its type, the engine's reader may type it by itself, which
 * costs a third of taking a text and converting it strictly. What is left to SQL is the rules. Every line that is not
 * surely good, for its bytes or for a rule, goes to a small file of the same shape, and from there the long way: one
 * place alone decides what is bad, and says why.
 *
 *     lines --sieve--> passed --reader, rules--> good rows
 *               |                     |
 *               +------- rest <-------+          the long way
 */

import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { MillraceError, systemCodeOf } from "../base/error.ts";
import type { Engine } from "../engine/engine.ts";
import type { SieveColumn } from "../source/sieve/column.ts";
import type { SieveDialect, SiftedPart } from "../source/sieve/sift-part.ts";
import { siftParts } from "../source/sieve/sift-parts.ts";
import { quoteText } from "../sql/quote.ts";
import type { SiftedContract } from "./contract.ts";
import { type PartOfFile, roundsOf } from "./part-of-file.ts";
import type { Records, Sieve } from "./records.ts";
import { openRest } from "./rest.ts";
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
/** Where more than one row in so many breaks a rule, the long way is the shorter one. */
const MOST_BROKEN = 5;
const FEW_ROWS = 10_000;

export interface SiftInput extends SplitInput {
  readonly extraFields: Parameters<Sieve["through"]>[1];
  readonly signal: AbortSignal;
}

export interface Sifted {
  readonly good: Split;
  /** What has to go the long way; undefined where nothing has. */
  readonly rest: Records | undefined;
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
  try {
    return await siftAll({ ...input, sifted, sieve, through });
  } catch (error) {
    signal.throwIfAborted();
    // Whatever failed here, a rule that divides by zero or a full disk, the long way fails of too, or does not.
    if (!(error instanceof MillraceError) && systemCodeOf(error) === undefined) throw error;
    return undefined;
  }
}

interface Job extends SiftInput {
  readonly sifted: SiftedContract;
  readonly sieve: Sieve;
  readonly through: { readonly dialect: SieveDialect; readonly columns: readonly SieveColumn[] };
}

/** A part, what came of it, and the numbers of its first line in its file and among all lines, from 0. */
interface Done {
  readonly part: PartOfFile;
  readonly sifted: SiftedPart;
  readonly passedPath: string;
  readonly heldPath: string;
  readonly firstInFile: number;
  readonly first: number;
}

async function siftAll(job: Job): Promise<Sifted | undefined> {
  const { engine, folder, records, sieve, signal } = job;
  const [{ threads } = {}] = await engine.rows(
    "select current_setting('threads')::integer as threads",
  );
  const rest = openRest(folder, sieve.headerLines);
  const linesOfFile = new Map<string, number>();
  let lines = 0;
  let good = NO_ROWS;
  for (const round of await roundsOf(records.files, sieve.headerLines, Number(threads))) {
    const tasks = round.map((part) => ({
      ...part.range,
      ...job.through,
      passedPath: join(folder, `passed-${randomUUID()}`),
      heldPath: join(folder, `held-${randomUUID()}`),
    }));
    const parts = await siftParts(tasks, { threads: Number(threads), signal });
    if (parts.some(({ isUnfit }) => isUnfit)) return undefined;
    const done: Done[] = [];
    for (const [index, sifted] of parts.entries()) {
      const [part, task] = [round[index], tasks[index]];
      if (part === undefined || task === undefined) continue;
      const { path } = part.range;
      const firstInFile = linesOfFile.get(path) ?? sieve.headerLines;
      done.push({ ...task, part, sifted, firstInFile, first: lines });
      linesOfFile.set(path, firstInFile + sifted.lines);
      lines += sifted.lines;
    }
    const taken = await takePassed(job, done);
    if (taken === undefined) return undefined;
    good = {
      ...NO_ROWS,
      good: [...good.good, ...taken.good],
      goodRows: good.goodRows + taken.goodRows,
    };
    for (const one of done) {
      const { part, sifted, heldPath, passedPath, firstInFile, first } = one;
      const own = taken.broken.filter((line) => line >= first && line < first + sifted.lines);
      await rest.add({
        ...part,
        start: sifted.start,
        firstLine: firstInFile + 1,
        held: { path: heldPath, lines: sifted.held },
        broken: own.map((line) => line - first + 1),
      });
      await rm(passedPath);
    }
  }
  const files = await rest.files();
  return { good, rest: files.length === 0 ? undefined : sieve.rest(files) };
}

/** The rows that passed and hold the rules, in the table's own files; of the others their lines among all, from 0 and rising. */
async function takePassed(
  job: Job,
  parts: readonly Done[],
): Promise<(Pick<Split, "good" | "goodRows"> & { broken: readonly number[] }) | undefined> {
  const { engine, sifted, columns } = job;
  const passed = parts.reduce((sum, one) => sum + one.sifted.passed, 0);
  if (passed === 0) return { good: [], goodRows: 0, broken: [] };
  const broken: number[] = [];
  const teller = interruptingTeller(engine, broken, Math.max(FEW_ROWS, passed / MOST_BROKEN));
  try {
    const judged = sifted.judge({
      relation: `(${parts.map((part) => passedRelation(job, part)).join(" union all ")})`,
      file: `"~file"`,
      line: `"~line"`,
      place: `"~file" || ':' || "~line"`,
    });
    const query = `select ${columnList(job)} from (${judged}) where case when "~good" then true else ${teller.tell(`"~at"`)} end`;
    const written = goodFiles(await writer(job)(query, layoutOf(job)), columns);
    if (written.goodRows + broken.length !== passed)
      throw new Error(
        `Bug: of ${passed} lines that passed the sieve ${written.goodRows} are good and ${broken.length} are not`,
      );
    return { ...written, broken: broken.toSorted((a, b) => a - b) };
  } finally {
    teller.end();
  }
}

/** Ends the statement once too many were told. */
function interruptingTeller(engine: Engine, told: number[], most: number) {
  return engine.teller((number) => {
    told.push(Number(number));
    if (told.length > most) engine.interrupt();
  });
}

function passedRelation(
  { sieve, sifted }: Job,
  { part, passedPath, first, firstInFile }: Done,
): string {
  const name = quoteText(part.input.found.name);
  return `select *, "~n" + ${first - 1} as "~at", "~n" + ${firstInFile} as "~line", ${name} as "~file" from ${sieve.passed(passedPath, sifted.kinds)}`;
}
