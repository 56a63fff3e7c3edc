/** A part of a file through the sieve: the rows that passed and the lines that were held, by their numbers. */

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SieveColumn } from "../../../src/source/sieve/column.ts";
import { HELD_QUOTE, type SieveDialect } from "../../../src/source/sieve/held-line.ts";
import {
  type PartPaths,
  type SiftedPart,
  type SiftTask,
  siftPart,
} from "../../../src/source/sieve/sift-part.ts";
import { rowsIn, type Value } from "./row.ts";

export const CSV: SieveDialect = { format: "csv", delimiter: ",", quote: '"', nulls: [] };
export const JSON_LINES: SieveDialect = { format: "ndjson", skipsUnknown: true };

export interface How {
  readonly dialect: SieveDialect;
  readonly columns: readonly SieveColumn[];
  readonly numbersAfter?: number;
}

export interface Seen {
  readonly part: SiftedPart;
  /** By the number of the line. */
  readonly passed: ReadonlyMap<number, readonly Value[]>;
  /** The others that are not blank, as they are. */
  readonly held: ReadonlyMap<number, string>;
  /** How many rows each chunk had. */
  readonly chunks: readonly number[];
}

/** A folder for the files of a test, to be closed after it. */
export interface Ground {
  readonly folder: string;
  /** Writes a file; gives its path. */
  file(content: string): string;
  task(path: string, range: readonly [number, number], how: How): SiftTask;
  /** Of some text, all of it. */
  sift(content: string, how: How): Seen;
  siftRange(path: string, range: readonly [number, number], how: How): Seen;
  close(): void;
}

export const WHOLE = [0, Number.MAX_SAFE_INTEGER] as const;

export function openGround(): Ground {
  const folder = mkdtempSync(join(tmpdir(), "millrace-sieve-"));
  let serial = 0;
  const path = (kind: string): string => {
    serial += 1;
    return join(folder, `${kind}-${serial}`);
  };
  const ground: Ground = {
    folder,
    file(content) {
      const own = path("file");
      writeFileSync(own, content);
      return own;
    },
    task: (from, [begin, end], how) => ({
      numbersAfter: 0,
      ...how,
      path: from,
      from: begin,
      to: end,
      isLineStart: begin === 0,
      paths: { held: path("held"), broken: path("broken"), odd: path("odd") },
    }),
    sift: (content, how) => ground.siftRange(ground.file(content), WHOLE, how),
    siftRange: (from, range, how) => seenIn(ground.task(from, range, how)),
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
  return ground;
}

function seenIn(task: SiftTask): Seen {
  const passed = new Map<number, readonly Value[]>();
  const chunks: number[] = [];
  const walk = siftPart(task);
  let last = task.numbersAfter;
  for (;;) {
    const step = walk.next();
    if (step.done === true) {
      assert.equal(step.value.isUnfit, false);
      assert.equal(step.value.passed, passed.size);
      return { part: step.value, passed, held: heldIn(task, step.value), chunks };
    }
    chunks.push(step.value.rows);
    for (const { number, values } of rowsIn(step.value, task.columns)) {
      assert.ok(number > last, "the numbers of rows do not rise");
      last = number;
      passed.set(number - task.numbersAfter, values);
    }
  }
}

/** Also takes the files away. */
export function heldIn(
  { dialect, paths }: Pick<SiftTask, "dialect" | "paths">,
  part: SiftedPart,
): Map<number, string> {
  const taken = linesIn(paths, "held");
  assert.equal(taken.length, part.held);
  const held = new Map(
    taken.map((line): [number, string] => {
      const end = line.indexOf(",");
      const text = line.slice(end + 1);
      const isWritten = dialect.format === "csv";
      return [
        Number(line.slice(0, end)),
        isWritten ? text : text.slice(1, -1).replaceAll(HELD_QUOTE + HELD_QUOTE, HELD_QUOTE),
      ];
    }),
  );
  for (const [at, line] of linesIn(paths, "broken").entries())
    held.set(part.broken[2 * at] ?? 0, line);
  for (const [at, line] of linesIn(paths, "odd").entries()) held.set(part.odd[at] ?? 0, line);
  assert.equal(held.size, part.held + part.broken.length / 2 + part.odd.length);
  return held;
}

function linesIn(paths: PartPaths, kind: keyof PartPaths): string[] {
  const text = readFileSync(paths[kind], "utf8");
  rmSync(paths[kind]);
  assert.ok(text === "" || text.endsWith("\n"));
  return text.split("\n").slice(0, -1);
}
