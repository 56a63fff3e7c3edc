/** What did not pass the sieve, or broke a rule afterwards, as records for the long way. */

import { numberedLine } from "../source/sieve/held-line.ts";
import { visitLines } from "../source/sieve/mark.ts";
import { openPieces } from "../source/sieve/pieces.ts";
import type { PartPaths, SiftedPart, SiftTask } from "../source/sieve/sift-part.ts";
import { oddFiles } from "./odd-line.ts";
import type { PartOfFile } from "./part-of-file.ts";
import type { Records, Sieve, Through } from "./records.ts";

interface RestInput {
  readonly sieve: Sieve;
  readonly through: Pick<Through, "dialect">;
  /** A staging folder. */
  readonly folder: string;
  /** What was sifted, and what came of each. */
  readonly parts: readonly PartOfFile[];
  readonly tasks: readonly SiftTask[];
  readonly sifted: readonly SiftedPart[];
  /** The numbers of rows that broke a rule, rising. */
  readonly broken: Float64Array;
}

/** A part, and what came of it. */
interface Done extends PartOfFile {
  readonly sifted: SiftedPart;
  readonly paths: PartPaths;
  /** The row of its first line has the number behind this one. */
  readonly numbersAfter: number;
  /** How many lines stand before it in its file. */
  readonly linesBefore: number;
}

export async function restOf(input: RestInput): Promise<Records[]> {
  const { sieve, folder, broken: brokenRows } = input;
  const parts = place(input).map((part) => {
    const hasHeld = part.sifted.held + holdBroken(input.through, part, brokenRows) > 0;
    return { ...part, hasHeld };
  });
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

/** The parts, each behind the ones before it. */
function place({ sieve, parts, tasks, sifted }: RestInput): Done[] {
  const done: Done[] = [];
  for (const [index, part] of parts.entries()) {
    const [task, result] = [tasks[index], sifted[index]];
    if (task === undefined || result === undefined) continue;
    const { paths, numbersAfter } = task;
    const inFile = done.findLast(({ input }) => input === part.input);
    const linesBefore =
      inFile === undefined ? sieve.headerLines : inFile.linesBefore + inFile.sifted.lines;
    done.push({ ...part, sifted: result, paths, numbersAfter, linesBefore });
  }
  return done;
}

/** Adds the lines of the part that broke a rule to those that were held; gives how many. */
function holdBroken(
  { dialect }: RestInput["through"],
  { range, sifted, paths, numbersAfter }: Done,
  broken: Float64Array,
): number {
  const own = broken
    .filter((number) => number > numbersAfter && number <= numbersAfter + sifted.lines)
    .map((number) => number - numbersAfter);
  if (own.length === 0) return 0;
  const held = openPieces(paths.held, "a");
  try {
    visitLines(range.path, sifted.marks, own, (number, line) =>
      held.add(numberedLine(number, line, dialect)),
    );
    held.flush();
  } finally {
    held.close();
  }
  return own.length;
}
