/** Random changes of rows on every kind of table, compared after each with a list of rows in memory. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Snapshot } from "../../src/delta/snapshot.ts";
import type { TableSpec } from "../../src/delta/table-spec.ts";
import type { TableContext } from "../../src/operation/context.ts";
import { deleteRows } from "../../src/operation/delete-rows.ts";
import { mergeRows } from "../../src/operation/merge-rows.ts";
import { overwriteWhere } from "../../src/operation/overwrite-where.ts";
import { readChanges } from "../../src/operation/read-changes.ts";
import { updateRows } from "../../src/operation/update-rows.ts";
import { column, type Lake, openLake } from "../delta/lake.ts";

const SEED = Number(process.env.MILLRACE_TEST_SEED ?? 20_260_305);
const STEPS = Number(process.env.MILLRACE_TEST_STEPS ?? 14);

interface Item {
  readonly id: number;
  readonly k: number | null;
  readonly v: string;
  readonly p: string | null;
}

const VECTORS = { "delta.enableDeletionVectors": "true" };
const FEED = { "delta.enableChangeDataFeed": "true" };
const MAPPED = { "delta.columnMapping.mode": "name" };
const PARTITIONED = ["p"];

const KINDS: readonly (readonly [string, Partial<TableSpec>])[] = [
  ["plain", {}],
  ["partitioned", { partitionColumns: PARTITIONED }],
  ["mapped by id", { configuration: { "delta.columnMapping.mode": "id", ...FEED } }],
  ["with deletion vectors", { configuration: VECTORS }],
  ["with a change feed", { configuration: FEED }],
  [
    "partitioned, mapped by name, with deletion vectors and a change feed",
    { partitionColumns: PARTITIONED, configuration: { ...VECTORS, ...FEED, ...MAPPED } },
  ],
];

for (const [index, [kind, spec]] of KINDS.entries()) {
  test(`a table that is ${kind} is after every change what the changes say (seed ${SEED})`, async (t) => {
    const lake = await openLake();
    t.after(() => lake.close());
    const run = new Run(lake, randomFrom(SEED + index));
    await run.begin(spec);
    for (let step = 0; step < STEPS; step += 1) {
      const done = await run.change();
      assert.deepEqual(await run.rows(), run.expected(), `step ${step}: ${done}`);
    }
    assert.deepEqual(await run.replayed(kind.includes("feed")), run.expected());
  });
}

/** A condition as SQL and as a function of the row. */
interface Condition {
  readonly sql: string;
  readonly holds: (row: Item) => boolean;
}

class Run {
  readonly #lake: Lake;
  readonly #random: () => number;
  readonly #context: TableContext;
  #snapshot: Snapshot | undefined;
  #items: Item[] = [];
  #next = 0;

  constructor(lake: Lake, random: () => number) {
    this.#lake = lake;
    this.#random = random;
    this.#context = { delta: lake.context, engine: lake.engine };
  }

  async begin(spec: Partial<TableSpec>): Promise<void> {
    const fields = [
      column("id", "long"),
      column("k", "integer"),
      column("v", "string"),
      column("p", "string"),
    ];
    this.#snapshot = await this.#lake.create("t", { ...spec, fields });
    for (let file = 0; file < 3; file += 1) await this.#append();
  }

  expected(): string[] {
    return textsOf(this.#items);
  }

  async rows(): Promise<string[]> {
    return textsOf(await this.#lake.rows(this.#now()));
  }

  /** What the changes of all versions come to, told by the table itself. */
  async replayed(hasFeed: boolean): Promise<string[]> {
    const { relation } = await readChanges(this.#context, "t", { from: 0, inferred: !hasFeed });
    const rows = await this.#lake.engine.rows(
      `SELECT id, k, v, p FROM ${relation} GROUP BY ALL HAVING sum(CASE WHEN _change_type IN ('insert', 'update_postimage') THEN 1 ELSE -1 END) <> 0`,
    );
    return textsOf(rows);
  }

  async change(): Promise<string> {
    const acts = [
      () => this.#append(),
      () => this.#delete(),
      () => this.#update(),
      () => this.#merge(),
      () => this.#mergeAll(),
      () => this.#overwrite(),
    ];
    const done = await acts[Math.floor(this.#random() * acts.length)]?.();
    return done ?? "nothing";
  }

  async #append(): Promise<string> {
    const items = this.#newItems(1 + this.#pick(12));
    this.#snapshot = await this.#lake.append(this.#now(), selectOf(items));
    this.#items.push(...items);
    return `append ${items.length}`;
  }

  async #delete(): Promise<string> {
    const { sql, holds } = this.#condition();
    const { snapshot, metrics } = await deleteRows(this.#context, this.#now(), { where: sql });
    const kept = this.#items.filter((item) => !holds(item));
    assert.equal(metrics.numDeletedRows, this.#items.length - kept.length, `delete ${sql}`);
    this.#snapshot = snapshot;
    this.#items = kept;
    return `delete ${sql}`;
  }

  async #update(): Promise<string> {
    const { sql, holds } = this.#condition();
    const partition = this.#random() < 0.3 ? `p${this.#pick(4)}` : undefined;
    const set = {
      k: "k * 2 + 1",
      v: "v || '*'",
      ...(partition === undefined ? {} : { p: `'${partition}'` }),
    };
    const { snapshot, metrics } = await updateRows(this.#context, this.#now(), { set, where: sql });
    assert.equal(metrics.numUpdatedRows, this.#items.filter(holds).length, `update ${sql}`);
    this.#snapshot = snapshot;
    this.#items = this.#items.map((item) =>
      holds(item)
        ? {
            ...item,
            k: item.k === null ? null : item.k * 2 + 1,
            v: `${item.v}*`,
            p: partition ?? item.p,
          }
        : item,
    );
    return `update ${sql}`;
  }

  /** Two clauses for matched rows, one for new ones. */
  async #merge(): Promise<string> {
    const source = this.#source();
    const { snapshot, metrics } = await mergeRows(this.#context, this.#now(), {
      source: `(${selectOf(source)})`,
      on: "target.id = source.id",
      clauses: [
        { when: "matched", do: "delete", condition: "source.k % 3 = 0" },
        {
          when: "matched",
          do: "update",
          set: { v: "source.v || target.v" },
          condition: "source.k % 3 = 1",
        },
        { when: "not matched", do: "insert", values: "all", condition: "source.k % 2 = 0" },
      ],
    });
    const byId = new Map(source.map((item) => [item.id, item]));
    const known = new Set(this.#items.map(({ id }) => id));
    const kept = this.#items.flatMap((item) => {
      const other = byId.get(item.id);
      if (other?.k == null) return [item];
      if (other.k % 3 === 0) return [];
      return other.k % 3 === 1 ? [{ ...item, v: other.v + item.v }] : [item];
    });
    const added = source.filter(({ id, k }) => !known.has(id) && k !== null && k % 2 === 0);
    assert.equal(metrics.numTargetRowsInserted, added.length);
    assert.equal(metrics.numTargetRowsDeleted, this.#items.length - kept.length);
    this.#snapshot = snapshot;
    this.#items = [...kept, ...added];
    return `merge ${source.length}`;
  }

  /** The target becomes the source, except for rows that the conditions leave as they are. */
  async #mergeAll(): Promise<string> {
    const source = this.#source();
    const { snapshot } = await mergeRows(this.#context, this.#now(), {
      source: `(${selectOf(source)})`,
      on: "target.id = source.id",
      clauses: [
        { when: "matched", do: "update", set: "all" },
        { when: "not matched", do: "insert", values: { id: "source.id", v: "'only'" } },
        { when: "not matched by source", do: "delete", condition: "target.id % 7 = 0" },
        {
          when: "not matched by source",
          do: "update",
          set: { k: "NULL" },
          condition: "target.id % 7 = 1",
        },
      ],
    });
    const byId = new Map(source.map((item) => [item.id, item]));
    const known = new Set(this.#items.map(({ id }) => id));
    const kept = this.#items.flatMap((item) => {
      const other = byId.get(item.id);
      if (other !== undefined) return [other];
      if (item.id % 7 === 0) return [];
      return item.id % 7 === 1 ? [{ ...item, k: null }] : [item];
    });
    const added = source
      .filter(({ id }) => !known.has(id))
      .map(({ id }) => ({ id, k: null, v: "only", p: null }));
    this.#snapshot = snapshot;
    this.#items = [...kept, ...added];
    return `merge all ${source.length}`;
  }

  async #overwrite(): Promise<string> {
    const partition = `p${this.#pick(4)}`;
    const items = this.#newItems(this.#pick(6)).map((item) => ({ ...item, p: partition }));
    const { snapshot } = await overwriteWhere(this.#context, this.#now(), {
      rows: `(${selectOf(items)})`,
      where: `p = '${partition}'`,
    });
    this.#snapshot = snapshot;
    this.#items = [...this.#items.filter(({ p }) => p !== partition), ...items];
    return `overwrite ${partition} by ${items.length}`;
  }

  /** Some rows that the table has, some that it has not, each key once. */
  #source(): Item[] {
    const known = this.#items.filter(() => this.#random() < 0.3);
    const changed = known.map((item) => ({ ...item, k: this.#pick(9), v: "s" }));
    return [...changed, ...this.#newItems(1 + this.#pick(5))];
  }

  #newItems(count: number): Item[] {
    return Array.from({ length: count }, () => {
      this.#next += 1;
      const k = this.#random() < 0.15 ? null : this.#pick(20);
      const p = this.#random() < 0.15 ? null : `p${this.#pick(4)}`;
      return { id: this.#next, k, v: `v${this.#next}`, p };
    });
  }

  #condition(): Condition {
    const id = this.#pick(this.#next + 2);
    const k = this.#pick(20);
    const p = `p${this.#pick(4)}`;
    const choices: readonly Condition[] = [
      { sql: `id = ${id}`, holds: (row) => row.id === id },
      {
        sql: `k >= ${k} AND id <= ${id}`,
        holds: (row) => row.k !== null && row.k >= k && row.id <= id,
      },
      { sql: `p = '${p}'`, holds: (row) => row.p === p },
      { sql: `p = '${p}' AND id % 2 = 0`, holds: (row) => row.p === p && row.id % 2 === 0 },
      { sql: "k IS NULL", holds: (row) => row.k === null },
      {
        sql: `id BETWEEN ${id} AND ${id + 3} -- a note`,
        holds: (row) => row.id >= id && row.id <= id + 3,
      },
      { sql: `v IN ('v${id}', 'v${k}')`, holds: (row) => row.v === `v${id}` || row.v === `v${k}` },
    ];
    const found = choices[this.#pick(choices.length)];
    if (found === undefined) throw new Error("no condition");
    return found;
  }

  #pick(count: number): number {
    return Math.floor(this.#random() * count);
  }

  #now(): Snapshot {
    if (this.#snapshot === undefined) throw new Error("no table yet");
    return this.#snapshot;
  }
}

function selectOf(items: readonly Item[]): string {
  const text = (value: string | null) => (value === null ? "NULL" : `'${value}'`);
  const rows = items.map(({ id, k, v, p }) => `(${id}, ${k ?? "NULL"}, ${text(v)}, ${text(p)})`);
  const values = rows.length === 0 ? "(NULL, NULL, NULL, NULL)" : rows.join(", ");
  const where = rows.length === 0 ? " WHERE false" : "";
  return `SELECT CAST(id AS BIGINT) AS id, CAST(k AS INTEGER) AS k, CAST(v AS VARCHAR) AS v, CAST(p AS VARCHAR) AS p FROM (VALUES ${values}) AS t(id, k, v, p)${where}`;
}

function textsOf(rows: readonly object[]): string[] {
  return rows
    .map((row) => {
      const { id, k, v, p } = row as { id: unknown; k: unknown; v: unknown; p: unknown };
      return [id, k, v, p].map(String).join("|");
    })
    .toSorted();
}

/** Marsaglia's xorshift of 32 bits, as numbers from 0 to 1. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
