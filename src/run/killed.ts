/** The record of runs that were killed, written by the run that comes after them: once for each, whoever comes. */

import { MillraceError } from "../base/error.ts";
import { type Lake, relationOf } from "../lake/lake.ts";
import { appendTo } from "../lake/system-table.ts";
import { quoteText } from "../sql/quote.ts";
import { type KilledRun, listKilledRuns } from "./running.ts";

/** Of two runs that record at once one finds the other's transaction, and looks again. */
const APPLICATION = "millrace/killed-runs";
const TRIES = 10;

/** Resolves to the runs that are recorded by it as `killed`; they had not written a record themselves. */
export async function recordKilledRuns(lake: Lake): Promise<readonly KilledRun[]> {
  const killed = await listKilledRuns(lake.storage);
  if (killed.length === 0) return [];
  const recorded = await record(lake, killed);
  // Only now: a mark outlives a kill until its run is recorded.
  await lake.storage.removeMany(killed.map(({ path }) => path));
  return recorded;
}

async function record(lake: Lake, killed: readonly KilledRun[]): Promise<readonly KilledRun[]> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await tryRecord(lake, killed);
    } catch (error) {
      const isRace = error instanceof MillraceError && error.code === "delta/conflict";
      if (!isRace || tries === TRIES) throw error;
    }
  }
}

async function tryRecord(lake: Lake, killed: readonly KilledRun[]): Promise<readonly KilledRun[]> {
  const base = await lake.find("system.runs");
  const names = killed.map(({ run }) => quoteText(run)).join(", ");
  const known =
    base === undefined
      ? []
      : await lake.engine.rows(
          `select run from ${await relationOf(lake, base)} where run in (${names})`,
        );
  const unknown = killed.filter(({ run }) => !known.some((row) => row.run === run));
  if (unknown.length === 0) return [];
  const rows = unknown.map(({ path: _, ...begun }) => ({ ...begun, state: "killed" }));
  const version = (base?.transactions.get(APPLICATION) ?? -1n) + 1n;
  await appendTo(lake, "system.runs", base, {
    rows,
    transactions: [{ appId: APPLICATION, version }],
  });
  return unknown;
}
