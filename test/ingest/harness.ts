/** Files landed in a table through the public door: a temporary project, a plan, a run, and the lake read back. */

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before } from "node:test";
import type { Clock } from "../../src/base/clock.ts";
import { createDuckDB } from "../../src/engine/duckdb.ts";
import type { Cell, Engine, Row } from "../../src/engine/engine.ts";
import { type Ingested, type IngestOptions, ingest, isIngested } from "../../src/ingest/asset.ts";
import { type Lake, openLake, relationOf } from "../../src/lake/lake.ts";
import type { Ledger } from "../../src/lake/step-info.ts";
import { type Asset, defineProject } from "../../src/project/define.ts";
import { checkProject } from "../../src/project/load.ts";
import { applyPlan } from "../../src/run/apply.ts";
import { systemClock } from "../../src/run/clock.ts";
import { type Plan, planRun } from "../../src/run/plan.ts";
import type { RunResult } from "../../src/run/result.ts";
import type { Columns } from "../../src/schema/column.ts";
import { quarantineOf } from "../../src/schema/table.ts";
import { quoteText } from "../../src/sql/quote.ts";
import { localStorage } from "../../src/storage/local.ts";

/** The table that `land` makes. */
export const TABLE = "bronze.t";

/** An entry of a quarantine; a reason is `column|rule|message|value` without its empty ends. */
export interface Entry {
  readonly position: string;
  readonly file: string;
  readonly line: number | null;
  readonly form: string;
  readonly raw: string;
  readonly context: string | null;
  readonly reasons: readonly string[];
}

export interface Ran {
  readonly result: RunResult;
  readonly plan: Plan;
  /** Of the first asset. */
  readonly state: RunResult["steps"][number]["state"];
  readonly ledger: Ledger;
  readonly notes: readonly string[];
  readonly error: { readonly code: string; readonly message: string } | undefined;
}

export interface Yard {
  readonly folder: string;
  readonly lake: Lake;
  /** Writes a file of the project that was last changed an hour ago. */
  write(name: string, content: string | Uint8Array, ageMs?: number): void;
  path(name: string): string;
  /** Plans and runs, and holds the ledger against the tables. */
  run(assets: readonly Asset[], how?: RunOptions): Promise<Ran>;
  rows(table?: string, select?: string): Promise<Row[]>;
  rejected(table?: string): Promise<Entry[]>;
}

export interface RunOptions {
  readonly clock?: Clock;
  readonly params?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface Landed extends Ran {
  readonly yard: Yard;
  readonly rows: readonly Row[];
  readonly rejected: readonly Entry[];
}

/** Files loaded into `bronze.t` by one run of a new yard; fails where the step does. */
export async function land<C extends Columns>(
  yard: Yard,
  files: Readonly<Record<string, string | Uint8Array>>,
  how: IngestOptions<C>,
): Promise<Landed> {
  for (const [name, content] of Object.entries(files)) yard.write(name, content);
  const ran = await yard.run([ingest(TABLE, how)]);
  assert.deepEqual(ran.error, undefined);
  return { yard, ...ran, rows: await yard.rows(), rejected: await yard.rejected() };
}

const HOUR_MS = 3_600_000;

/** One engine for all tests of a file, and a new yard for each; `watch` may stand in front of it. */
export function useYards(watch: (engine: Engine) => Engine = (engine) => engine): () => Yard {
  let engine: Engine;
  const folders: string[] = [];
  before(async () => {
    engine = watch(await createDuckDB({ threads: 2 }));
  });
  after(() => {
    engine.close();
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });
  return () => {
    const folder = mkdtempSync(join(tmpdir(), "millrace-ingest-"));
    folders.push(folder);
    return openYard(folder, engine);
  };
}

function openYard(folder: string, engine: Engine): Yard {
  const storage = localStorage(join(folder, "lake"));
  const lakeOf = (clock: Clock): Lake => openLake({ storage, engine, clock });
  const lake = lakeOf(systemClock);
  const relation = async (name: string): Promise<string> => {
    const snapshot = await lake.find(name);
    if (snapshot === undefined) throw new Error(`there is no table ${name}`);
    return relationOf(lake, snapshot);
  };
  return {
    folder,
    lake,
    path: (name) => join(folder, name),
    write(name, content, ageMs = HOUR_MS) {
      const path = join(folder, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
      const time = new Date(Date.now() - ageMs);
      utimesSync(path, time, time);
    },
    async run(assets, { clock = systemClock, params = {}, signal } = {}) {
      const definition = defineProject({ name: "yard", assets });
      const project = checkProject(definition, {
        folder,
        params,
        lake: undefined,
        environment: {},
      });
      const workspace = { lake: lakeOf(clock), close: async () => {} };
      const plan = await planRun(project, workspace);
      const stop = signal ?? new AbortController().signal;
      const result = await applyPlan(plan, project, workspace, { signal: stop });
      const [step] = result.steps.filter(
        ({ asset }) => asset === (assets[0] as { name: string }).name,
      );
      assert.ok(step !== undefined);
      for (const asset of assets) if (isIngested(asset)) await checkLedger(lake, asset, relation);
      return {
        result,
        plan,
        state: step.state,
        ledger: step.ledger,
        notes: step.notes ?? [],
        error: step.error,
      };
    },
    rows: async (table = TABLE, select = "*") =>
      engine.rows(`select ${select} from ${await relation(table)} order by all`),
    async rejected(table = TABLE) {
      if ((await lake.find(quarantineOf(table))) === undefined) return [];
      const rows = await engine.rows(
        `select * from ${await relation(quarantineOf(table))} order by file, line nulls first, position, raw`,
      );
      return rows.map(entryOf);
    },
  };
}

/** The equation of guarantee 2, over all that was ever loaded, and against the tables as they are. */
async function checkLedger(
  { engine, find }: Lake,
  { name, definition }: Ingested,
  relation: (name: string) => Promise<string>,
): Promise<void> {
  if ((await find(name)) === undefined) return;
  const count = async (table: string): Promise<bigint> => {
    if ((await find(table)) === undefined) return 0n;
    const [row] = await engine.rows(`select count(*) as n from ${await relation(table)}`);
    return row?.n as bigint;
  };
  if ((await find("system.ledger")) === undefined) {
    assert.deepEqual([await count(name), await count(quarantineOf(name))], [0n, 0n]);
    return;
  }
  const isReplaced = definition.write === "overwrite";
  const ledger = `${await relation("system.ledger")} where asset = ${quoteText(name)}`;
  const sums = `coalesce(sum(written), 0)::bigint as written, coalesce(sum(quarantined), 0)::bigint as quarantined,
    bool_and(read = written + quarantined + deduplicated + filtered) as balances`;
  const [sum] = await engine.rows(
    `select ${sums} from ${ledger} ${isReplaced ? "group by version order by version desc limit 1" : ""}`,
  );
  assert.notEqual(sum?.balances, false, "the ledger balances");
  assert.equal(await count(quarantineOf(name)), sum?.quarantined ?? 0n, "rejected rows are there");
  assert.equal(await count(name), sum?.written ?? 0n, "written rows are there");
}

function entryOf(row: Row): Entry {
  const reasons = row.reasons as readonly Readonly<Record<string, Cell>>[];
  return {
    position: String(row.position),
    file: String(row.file),
    line: row.line === null ? null : Number(row.line),
    form: String(row.form),
    raw: String(row.raw),
    context: row.context === null ? null : String(row.context),
    reasons: reasons.map(({ column, rule, message, value }) =>
      [column ?? "", rule, message, value ?? ""].join("|").replace(/\|$/, ""),
    ),
  };
}
