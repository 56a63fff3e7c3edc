/** One format's contenders in turn: each measured, and what each leaves behind held against the file. */

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Measured, Usage } from "../measure/process.ts";
import { medianUsage, takeTurns } from "../measure/round.ts";
import { lakeOf, rawFile, runMillrace, runRaw, type Work } from "./contender.ts";
import type { Contract } from "./contract.ts";
import type { OrderFiles } from "./data.ts";
import type { Format } from "./order.ts";
import { type Found, readLake, readRaw } from "./verdict.ts";

export const THREADS = 2;
export const MEMORY = "1GB";
const SMALL_MEMORY = "256MB";

export type Name = "raw" | "checked" | "typed" | "raw text" | "text";

/** What is measured, in words, and what it is compared with. */
export const CONTENDERS: Readonly<Record<Name, { readonly what: string; readonly to: Name }>> = {
  raw: { what: "DuckDB alone, typed", to: "raw" },
  checked: { what: "Millrace, every check", to: "raw" },
  typed: { what: "Millrace, strict types only", to: "raw" },
  "raw text": { what: "DuckDB alone, all text", to: "raw text" },
  text: { what: "Millrace, all text", to: "raw text" },
};

export const SMALL = `${CONTENDERS.checked.what}, ${SMALL_MEMORY}`;

export interface Result {
  readonly medians: Readonly<Record<Name, Usage>>;
  readonly runs: Readonly<Record<Name, readonly Usage[]>>;
  /** Every check once, with little memory; the failure in words where it did not end. */
  readonly small: Usage | string;
}

export interface RaceOptions {
  /** Where the package lies that is measured. */
  readonly root: string;
  readonly files: OrderFiles;
  readonly format: Format;
  readonly rounds: number;
  /** A folder on the disk that is measured. */
  readonly folder: string;
  readonly say: (line: string) => void;
}

/** Throws where two contenders disagree about a row, or the quarantine is not what the file calls for. */
export async function race({
  root,
  files,
  format,
  rounds,
  folder,
  say,
}: RaceOptions): Promise<Result> {
  const checkedBefore = new Set<string>();
  const attempt = async (
    name: Name | "small",
    run: (work: Work) => Promise<Measured>,
    check: (folder: string) => Promise<void>,
  ): Promise<Usage> => {
    const place = await mkdtemp(join(folder, "work-"));
    const memoryLimit = name === "small" ? SMALL_MEMORY : MEMORY;
    try {
      const file = files.paths[format];
      const { usage } = await run({
        root,
        format,
        file,
        folder: place,
        memoryLimit,
        threads: THREADS,
      });
      if (!checkedBefore.has(name)) await check(place);
      checkedBefore.add(name);
      return usage;
    } finally {
      await rm(place, { recursive: true });
    }
  };
  const hashes = new Map<"typed" | "text", string>();
  /** Contenders under contracts that refuse the same rows must hold the same ones. */
  const agree = (contract: Contract, { hash }: Pick<Found, "hash">): void => {
    if (contract === "checked") {
      assert.equal(hash, files.hash, `${format}: the good rows are not those of the file`);
      return;
    }
    assert.equal(
      hash,
      hashes.get(contract) ?? hash,
      `${format}: other rows than the engine alone reads`,
    );
    hashes.set(contract, hash);
  };
  const raw = (name: Name, types: "typed" | "text") => (): Promise<Usage> =>
    attempt(
      name,
      (work) => runRaw(work, types),
      async (place) => {
        const contracts: Contract[] = types === "text" ? ["text"] : ["checked", "typed"];
        for (const contract of contracts)
          agree(contract, await readRaw(rawFile(place), { format, contract, rows: files.rows }));
      },
    );
  const millrace = (name: Name | "small", contract: Contract) => (): Promise<Usage> =>
    attempt(
      name,
      (work) => runMillrace(work, contract),
      async (place) => {
        const found = await readLake(lakeOf(place), { format, contract, rows: files.rows });
        agree(contract, found);
        assert.equal(found.good + found.refused, files.rows, `${format}: rows are missing`);
        say(
          `${format}: ${name === "small" ? SMALL : CONTENDERS[name].what}: ${found.good} rows equal, ${found.refused} refused, each with its line and reason`,
        );
      },
    );
  const runs = await takeTurns<Name>(rounds, {
    raw: raw("raw", "typed"),
    checked: millrace("checked", "checked"),
    typed: millrace("typed", "typed"),
    "raw text": raw("raw text", "text"),
    text: millrace("text", "text"),
  });
  const medians = Object.fromEntries(
    Object.entries(runs).map(([name, usages]) => [name, medianUsage(usages)]),
  ) as Record<Name, Usage>;
  const small = await millrace("small", "checked")().catch(failureOf);
  return { medians, runs, small };
}

/** What the program said, which matters more than that it failed; a wrong result stays an error. */
function failureOf(error: unknown): string {
  if (error instanceof Error && "stderr" in error)
    return String(error.stderr).trim().split("\n").at(-1) ?? "failed";
  throw error;
}
