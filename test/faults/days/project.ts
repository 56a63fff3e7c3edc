/** A project that goes on from day to day: tables that merge, keep what is young, and take in the changes of others. */

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../../src/base/clock.ts";
import type { Crash } from "../../../src/base/crash-point.ts";
import { renderJson } from "../../../src/base/json.ts";
import {
  type Asset,
  csv,
  ingest,
  integer,
  sql,
  text,
  timestamp,
  transform,
} from "../../../src/index.ts";
import { type LakeElsewhere, type Sandbox, sandboxIn } from "../../run/sandbox.ts";

const people = ingest("bronze.people", {
  from: csv("people/*.csv"),
  columns: { id: integer(), team: text(), rev: integer() },
  write: { merge: "id", newest: "rev" },
  properties: { "delta.enableChangeDataFeed": "true", "delta.enableDeletionVectors": "true" },
});
const visits = ingest("bronze.visits", {
  from: csv("visits/*.csv"),
  columns: { id: integer(), who: integer(), at: timestamp() },
  keep: { for: "2 days", by: "at" },
});
const events = ingest("bronze.events", {
  from: csv("events/*.csv"),
  columns: { id: integer(), amount: integer() },
});
const loud = transform(
  "silver.loud",
  sql`select id, amount * 2 as twice from ${events} where amount > 3`,
  { write: "append" },
);
const teams = transform(
  "gold.teams",
  sql`select team, count(*) as people, sum(rev)::bigint as revs from ${people} group by team`,
  { write: { merge: "team" } },
);
export const ASSETS: readonly Asset[] = [people, visits, events, loud, teams];

/** Tables, each with a column in which no value comes twice. */
export const KEYS: Readonly<Record<string, string>> = {
  "bronze.people": "id",
  "bronze.visits": "id",
  "bronze.events": "id",
  "silver.loud": "id",
  "gold.teams": "team",
};

const DAY_MS = 86_400_000;
const FIRST_DAY = Date.parse("2026-03-01T12:00:00Z");

/** The clock of a day, at which it stands still. */
export function clockOf(day: number): Clock {
  const now = new Date(FIRST_DAY + day * DAY_MS);
  return {
    now: () => now,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  };
}

/** New people, changes of yesterday's, what comes too late, what is turned away, and visits of three days. */
export function writeDay({ write }: Sandbox, day: number): void {
  const id = 10 * day;
  write(
    `people/${day}.csv`,
    `id,team,rev\n${id},red,${day}\n${id + 1},blue,${day}\n${id - 10},blue,${day}\n${id - 9},red,-1\nx,red,1\n`,
  );
  const at = (back: number) => new Date(FIRST_DAY + (day - back) * DAY_MS).toISOString();
  write(
    `visits/${day}.csv`,
    `id,who,at\n${id},${id},${at(0)}\n${id + 1},${id},${at(1)}\n${id + 2},${id},${at(5)}\n`,
  );
  write(`events/${day}.csv`, `id,amount\n${id},${day % 7}\n${id + 1},9\n${id + 2},none\n`);
}

/** Runs the project at the hour of a day; throws unless all of it is done. */
export async function runDay(sandbox: Sandbox, day: number, crash?: Crash): Promise<void> {
  const given = { clock: clockOf(day), ...(crash === undefined ? {} : { crash }) };
  const { state, steps } = await sandbox.run(ASSETS, given);
  const failed = steps.filter(({ error }) => error !== undefined);
  if (failed.length > 0) throw new Error(`the run ${state}: ${JSON.stringify(failed)}`);
}

/** Columns that differ from run to run. */
const PASSING = ["run", "rejected_at", "recorded_at", "id", "modified", "contract"];

/** The rows and versions of all tables, and what the ledger says, which no kill may change. */
export async function stateOf(sandbox: Sandbox): Promise<Readonly<Record<string, string>>> {
  const state: Record<string, string> = {};
  for (const table of Object.keys(KEYS)) {
    state[table] = linesOf(await sandbox.rows(table));
    state[`version of ${table}`] = String(await sandbox.version(table));
  }
  for (const table of ["bronze.people", "bronze.events"]) {
    const rows = await sandbox.rows(`quarantine.${table}`, `* exclude (${PASSING.slice(0, 2)})`);
    state[`quarantine.${table}`] = linesOf(
      rows.map((row) => Object.fromEntries(Object.entries(row).filter(isLasting))),
    );
  }
  state.ledger = linesOf(
    await sandbox.rows(
      "system.ledger",
      "asset, kind, source, sum(read) as read, sum(written) as written, sum(quarantined) as quarantined, sum(deduplicated) as deduplicated, sum(filtered) as filtered",
      "where read + written + filtered > 0 group by all",
    ),
  );
  return state;
}

/** What dead processes left: in the staging folder, and of copies that were in use. */
export function leftoversIn({ folder, lakePath }: Sandbox): string[] {
  const folders = [
    join(lakePath, ".staging"),
    join(cacheIn(folder), ".staging"),
    join(cacheIn(folder), "in-use"),
  ];
  return folders.filter((one) => existsSync(one)).flatMap((one) => readdirSync(one));
}

function cacheIn(folder: string): string {
  return join(folder, "cache");
}

/** Where the lake lies that the processes of a test share. */
export interface Where {
  readonly folder: string;
  readonly elsewhere?: LakeElsewhere;
}

/** Of an object store all processes share their copies. */
export function sandboxAt({ folder, elsewhere }: Where): Sandbox {
  if (elsewhere === undefined) return sandboxIn(folder);
  return sandboxIn(folder, { ...elsewhere, s3: { ...elsewhere.s3, cacheFolder: cacheIn(folder) } });
}

function isLasting([name]: readonly [string, unknown]): boolean {
  return !PASSING.includes(name);
}

function linesOf(rows: readonly object[]): string {
  return rows
    .map((row) => renderJson(row))
    .toSorted()
    .join("\n");
}
