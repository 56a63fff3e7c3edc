/** One row of a key within a window: what is kept does not depend on how the rows are cut into batches. */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createDuckDB } from "../../src/engine/duckdb.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { quotePath } from "../../src/engine/path.ts";
import { csv, date, ingest, integer, text, timestamp } from "../../src/index.ts";
import { keepApart } from "../../src/ingest/keep-apart.ts";
import type { WrittenFile } from "../../src/schema/table-files.ts";
import { seed, seededRandom } from "../storage/seed.ts";
import { TABLE, useYards } from "./harness.ts";

const WINDOW = 10;

interface Event {
  /** Null is no key. */
  readonly id: number | null;
  /** Seconds. */
  readonly at: number;
  readonly note: string;
}

const open = useYards();
const folder = mkdtempSync(join(tmpdir(), "millrace-window-"));
let engine: Engine;
before(async () => {
  engine = await createDuckDB({ threads: 2 });
});
after(() => {
  engine.close();
  rmSync(folder, { recursive: true });
});

function randomOf(start: number): (below: number) => number {
  const random = seededRandom(start);
  return (below) => Math.floor(random() * below);
}

/** In the order in which rows of one batch are taken. */
function inOrder(events: readonly Event[]): Event[] {
  return events.toSorted((a, b) => a.at - b.at || (a.note < b.note ? -1 : Number(a.note > b.note)));
}

/** What the words say, row by row. */
function keptOf(events: readonly Event[], before: readonly Event[] = []): Event[] {
  const kept = [...before];
  for (const event of inOrder(events)) {
    const isNear = ({ id, at }: Event): boolean =>
      id !== null && id === event.id && Math.abs(at - event.at) <= WINDOW;
    if (!kept.some(isNear)) kept.push(event);
  }
  return kept;
}

function makeEvents(random: (below: number) => number, count: number, span: number): Event[] {
  return Array.from({ length: count }, (_, index) => ({
    id: random(20) === 0 ? null : random(3),
    at: random(span),
    note: `${random(3)}-${index}`,
  }));
}

const timeOf = (at: number): string => new Date(Date.UTC(2026, 0, 1) + at * 1000).toISOString();
const linesOf = (events: readonly Event[]): string[] =>
  inOrder(events).map(({ id, at, note }) => `${id ?? ""},${timeOf(at)},${note}`);

test(`rows in dense successions are kept as one by one (seed ${seed})`, async () => {
  const random = randomOf(seed);
  for (let round = 0; round < 25; round += 1) {
    const events = makeEvents(random, 1 + random(400), [15, 60, 300, 3000][random(4)] ?? 60);
    const source = join(folder, `${round}.csv`);
    writeFileSync(source, ["id,at,note", ...linesOf(events)].join("\n"));
    const columns = ['"id"', '"at"', '"note"'];
    const relation = (files: readonly WrittenFile[]): string =>
      `read_parquet([${files.map(({ path }) => quotePath(path)).join(", ")}])`;
    const files = await keepApart({
      session: engine,
      write: { folder },
      rows: `(from read_csv(${quotePath(source)}, header = true, columns = {id: 'INTEGER', 'at': 'TIMESTAMPTZ', note: 'VARCHAR'}))`,
      columns,
      key: ['"id"'],
      by: '"at"',
      windowMs: WINDOW * 1000,
      relation,
    });
    const rows = await engine.rows(
      `select id, epoch("at")::bigint - epoch('2026-01-01'::timestamptz)::bigint as "at", note from ${relation(files)}`,
    );
    const found = rows.map(({ id, at, note }) => ({
      id: id === null ? null : Number(id),
      at: Number(at),
      note: String(note),
    }));
    assert.deepEqual(linesOf(found), linesOf(keptOf(events)), `seed ${seed}, round ${round}`);
  }
});

const HOW = {
  from: csv("*.csv"),
  columns: { id: integer().optional(), at: timestamp(), note: text() },
  unique: { key: "id", within: { time: "10 s", by: "at" } },
} as const;

async function loaded(batches: readonly (readonly Event[])[]): Promise<string[]> {
  const yard = open();
  for (const [index, batch] of batches.entries()) {
    yard.write(`${index}.csv`, `${["id,at,note", ...linesOf(batch)].join("\n")}\n`);
    const { error } = await yard.run([ingest(TABLE, HOW)]);
    assert.equal(error, undefined);
  }
  const rows = await yard.rows(TABLE, 'id, epoch("at")::bigint as "at", note');
  const start = Date.UTC(2026, 0, 1) / 1000;
  return linesOf(
    rows.map(({ id, at, note }) => ({
      id: id === null ? null : Number(id),
      at: Number(at) - start,
      note: String(note),
    })),
  );
}

test(`rows that come by their time give the same table however they are cut (seed ${seed})`, async () => {
  const random = randomOf(seed + 1);
  for (let round = 0; round < 3; round += 1) {
    const events = inOrder(makeEvents(random, 60, 90));
    const batches: Event[][] = [[]];
    for (const event of events) {
      if (random(12) === 0) batches.push([]);
      batches.at(-1)?.push(event);
    }
    const filled = batches.filter(({ length }) => length > 0);
    assert.deepEqual(await loaded(filled), linesOf(keptOf(events)), `seed ${seed}, ${round}`);
  }
});

test(`rows that come late are measured against all that are kept, before and after (seed ${seed})`, async () => {
  const random = randomOf(seed + 2);
  const batches = [1, 2, 3, 4].map(() => makeEvents(random, 12, 120));
  const kept = batches.reduce<Event[]>((before, batch) => keptOf(batch, before), []);
  assert.deepEqual(await loaded(batches), linesOf(kept), `seed ${seed}`);
});

test("a row that is left out does not prolong the window", async () => {
  const at = (seconds: number): Event => ({ id: 1, at: seconds, note: "x" });
  const steady = [0, 8, 16, 24].map(at);
  const kept = linesOf([at(0), at(16)]);
  assert.deepEqual(await loaded([steady]), kept);
  assert.deepEqual(await loaded(steady.map((one) => [one])), kept);
});

test("a window may go by a date, in a table with partitions", async () => {
  const yard = open();
  const table = ingest(TABLE, {
    from: csv("*.csv"),
    columns: { id: integer(), day: date(), part: text() },
    unique: { key: "id", within: { time: "2 days", by: "day" } },
    partitionBy: ["part", "day"],
  });
  const days = [1, 2, 3, 4, 5, 6, 7, 8].map((day) => `1,2026-01-0${day},p${day % 2}`);
  yard.write("a.csv", `id,day,part\n${days.join("\n")}\n`);
  const { error, ledger } = await yard.run([table]);
  assert.equal(error, undefined);
  assert.deepEqual([ledger.written, ledger.deduplicated], [3, 5]);
  assert.deepEqual(await yard.rows(TABLE, "day, part"), [
    { day: "2026-01-01", part: "p1" },
    { day: "2026-01-04", part: "p0" },
    { day: "2026-01-07", part: "p1" },
  ]);
});
