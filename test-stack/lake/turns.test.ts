/** Tables that we, delta-rs and Spark change in turns: after each turn all hold the same rows as a table in memory. */

import { cpSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { scan } from "../../src/delta/table.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { type Lake, openLake } from "../../test/delta/lake.ts";
import { assertSameRows } from "./compare.ts";
import { assertFinds } from "./found.ts";
import type { ReaderName } from "./reader.ts";
import { spark, sparkTable } from "./spark.ts";
import { inMemory, type Place, type Turn, WRITERS, type WriterName } from "./turn.ts";

const SEED = Number(process.env.MILLRACE_TEST_SEED ?? 20_261_121);
const TURNS = 9;

/** What each table is made with, and who can write it: delta-rs writes no deletion vectors. */
const TABLES: Readonly<
  Record<string, { readonly options: string; readonly writers: readonly WriterName[] }>
> = {
  "a plain table": { options: "", writers: ["we", "delta-rs", "Spark"] },
  "a partitioned table with checkpoints": {
    options: "PARTITIONED BY (kind) TBLPROPERTIES ('delta.checkpointInterval' = '2')",
    writers: ["we", "delta-rs", "Spark"],
  },
  "a table with a change feed": {
    options: "TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true')",
    writers: ["we", "delta-rs", "Spark"],
  },
  "a table with deletion vectors, mapped, with checkpoints": {
    options:
      "PARTITIONED BY (kind) TBLPROPERTIES ('delta.enableDeletionVectors' = 'true', 'delta.columnMapping.mode' = 'name', 'delta.checkpointInterval' = '3')",
    writers: ["we", "Spark"],
  },
};

let lake: Lake;
let memory: Engine;
before(async () => {
  lake = await openLake();
  memory = await lake.engine.session();
});
after(() => {
  memory.close();
  lake.close();
});

for (const [index, [name, { options, writers }]] of Object.entries(TABLES).entries()) {
  test(`${name} stays the same for all who change it in turns`, async (context) => {
    context.diagnostic(`seed ${SEED}`);
    const place = { lake, folder: `turns_${index}` };
    const columns = "(id bigint, kind bigint, note ";
    await spark(`CREATE TABLE ${inSpark(place)} ${columns} string) USING delta ${options}`);
    await memory.run(`CREATE TABLE ${place.folder} ${columns} varchar)`);
    const random = randomNumbers(SEED + index);
    for (let number = 0; number < TURNS; number += 1) {
      const writer = writers[number % writers.length] ?? "we";
      const turn = number < 2 ? appendOf(random) : turnOf(random);
      for (const statement of inMemory(place.folder, turn)) await memory.run(statement);
      const what = `turn ${number}: ${writer} ${JSON.stringify(turn)}`;
      try {
        await WRITERS[writer](place, turn);
        await checkHere(place);
        if (number % 3 === 2) await checkThere(place);
      } catch (error) {
        throw new Error(`${error instanceof Error ? error.message : error}\n${what}`, {
          cause: error,
        });
      }
    }
    await checkAnew(place);
  });
}

async function checkHere({ folder }: Place): Promise<void> {
  const files = await scan(lake.context, await lake.open(folder));
  await assertSameRows(lake.engine, lake.engine.relation(files), wanted(folder));
}

async function checkThere({ folder }: Place): Promise<void> {
  for (const reader of ["delta-rs", "Spark"] as const) await find(reader, folder, folder);
}

/** The table under a name that nobody has in memory, with the checksums that Spark laid beside its own files. */
async function checkAnew({ folder }: Place): Promise<void> {
  const copy = `${folder}_copy`;
  cpSync(join(lake.root, folder), join(lake.root, copy), { recursive: true });
  for (const reader of ["delta-rs", "Spark"] as const) await find(reader, copy, folder);
}

async function find(reader: ReaderName, folder: string, as: string): Promise<void> {
  const query = { table: join(lake.root, folder) };
  await assertFinds(reader, query, { engine: lake.engine, rows: `FROM ${wanted(as)}` });
}

/** The rows in memory, for any session. */
function wanted(folder: string): string {
  return `(SELECT * FROM ${folder})`;
}

function inSpark({ folder }: Place): string {
  return sparkTable(join(lake.root, folder));
}

type Random = (below: number) => number;

/** Whole numbers below a limit, the same for the same seed. */
function randomNumbers(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function turnOf(random: Random): Turn {
  switch (random(5)) {
    case 0:
      return appendOf(random);
    case 1:
      return { kind: "delete", where: whereOf(random) };
    case 2:
      return {
        kind: "update",
        note: `concat(coalesce(note, 'none'), '${random(10)}')`,
        where: whereOf(random),
      };
    case 3:
      return { kind: "merge", rows: rowsOf(random) };
    default:
      return { kind: "optimise" };
  }
}

function appendOf(random: Random): Turn {
  return { kind: "append", rows: rowsOf(random) };
}

/** Ids are distinct, as a merge wants. */
function rowsOf(random: Random): string {
  const first = random(300);
  const step = 1 + random(5);
  const rows = Array.from({ length: 5 + random(20) }, (_, index) => {
    const note = ["NULL", "''", "'it''s'", "'Zoë 🎉'", `'note ${random(9)}'`][random(5)];
    return `(${first + index * step}, ${random(3)}, ${note})`;
  });
  return `SELECT CAST(id AS BIGINT) AS id, CAST(kind AS BIGINT) AS kind, note FROM (VALUES ${rows.join(", ")}) AS v(id, kind, note)`;
}

function whereOf(random: Random): string {
  const id = random(300);
  return (
    [
      `id % 7 = ${random(7)}`,
      `kind = ${random(3)}`,
      `id > ${id} AND id < ${id + 60}`,
      `note = 'note ${random(9)}'`,
      "note IS NULL",
      `kind = ${random(3)} AND id < ${id}`,
    ][random(6)] ?? "false"
  );
}
