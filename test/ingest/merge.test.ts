/** A table that is merged holds one row for each key, the newest, whatever the order in which rows come. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { CrashPoint } from "../../src/base/crash-point.ts";
import { csv, date, ingest, integer, ndjson, text } from "../../src/index.ts";
import { replay } from "../../src/run/replay.ts";
import { openWorkspace } from "../../src/run/workspace.ts";
import { openSandbox, type Sandbox, stepOf } from "../run/sandbox.ts";

const people = ingest("bronze.people", {
  from: csv("in/*.csv"),
  columns: { id: integer(), name: text().optional(), rev: integer().optional() },
  write: { merge: "id", newest: "rev" },
});

const write = (sandbox: Sandbox, name: string, rows: string): void =>
  sandbox.write(`in/${name}.csv`, `id,name,rev\n${rows}`);

const rowsOf = async (sandbox: Sandbox, table = "bronze.people") =>
  (await sandbox.rows(table)).map((row) => Object.values(row).join(","));

test("the newest row of a key wins, in a batch and against the table, and the others are counted as deduplicated", async (t) => {
  const sandbox = openSandbox(t);
  write(sandbox, "a", "1,first,1\n1,third,3\n1,second,2\n2,only,\n");
  const first = stepOf(await sandbox.run([people]), "bronze.people");
  assert.deepEqual(
    [first.version, first.ledger],
    [0, { read: 4, written: 2, quarantined: 0, deduplicated: 2, filtered: 0 }],
  );
  assert.deepEqual(await rowsOf(sandbox), ["1,third,3", "2,only,"]);
  write(sandbox, "b", "1,late,2\n2,newer,0\n3,new,1\n3,,1\nx,bad,1\n");
  const second = stepOf(await sandbox.run([people]), "bronze.people");
  assert.deepEqual(second.ledger, {
    read: 5,
    written: 2,
    quarantined: 1,
    deduplicated: 2,
    filtered: 0,
  });
  assert.deepEqual(await rowsOf(sandbox), ["1,third,3", "2,newer,0", "3,new,1"]);
  write(sandbox, "c", "1,again,3\n2,nobody,\n");
  const third = stepOf(await sandbox.run([people]), "bronze.people");
  assert.deepEqual([third.ledger.written, third.ledger.deduplicated], [1, 1]);
  assert.deepEqual(await rowsOf(sandbox), ["1,again,3", "2,newer,0", "3,new,1"]);
  assert.equal((await sandbox.run([people])).state, "nothing to do");
});

test("without a newest column what is loaded later wins, also by several columns, partitions and sources", async (t) => {
  const sandbox = openSandbox(t);
  const sales = ingest("bronze.sales", {
    from: [csv("csv/*.csv"), ndjson("json/*.ndjson")],
    columns: { shop: text(), day: date(), amount: integer() },
    write: { merge: ["shop", "day"] },
    partitionBy: ["day"],
    extra: "evolve",
  });
  sandbox.write("csv/a.csv", "shop,day,amount\nBasel,2026-01-01,1\nBern,2026-01-01,2\n");
  sandbox.write("json/a.ndjson", '{"shop":"Basel","day":"2026-01-01","amount":5}\n');
  const first = stepOf(await sandbox.run([sales]), "bronze.sales");
  assert.deepEqual([first.ledger.written, first.ledger.deduplicated], [2, 1]);
  assert.deepEqual(await rowsOf(sandbox, "bronze.sales"), [
    "Basel,2026-01-01,5",
    "Bern,2026-01-01,2",
  ]);
  sandbox.write(
    "json/b.ndjson",
    '{"shop":"Bern","day":"2026-01-01","amount":7,"extra":"x"}\n{"shop":"Bern","day":"2026-01-02","amount":8}\n',
  );
  const second = stepOf(await sandbox.run([sales]), "bronze.sales");
  assert.equal(second.error, undefined);
  assert.deepEqual(await rowsOf(sandbox, "bronze.sales"), [
    "Basel,2026-01-01,5,",
    "Bern,2026-01-01,7,x",
    "Bern,2026-01-02,8,",
  ]);
  const ledger = await sandbox.rows("system.ledger", "source, read, written, deduplicated");
  assert.deepEqual(
    ledger.map(({ source, read, written, deduplicated }) => [source, read, written, deduplicated]),
    [
      ["csv csv/*.csv", 2n, 1n, 1n],
      ["ndjson json/*.ndjson", 1n, 1n, 0n],
      ["ndjson json/*.ndjson", 2n, 2n, 0n],
    ],
  );
});

const POINTS: readonly CrashPoint[] = [
  "ingest/data-written",
  "ingest/files-adopted",
  "operation/changes-staged",
  "operation/rows-written",
  "delta/before-commit",
  "delta/committed",
  "ingest/committed",
];

test("a load that dies anywhere is there once after the next run, or was there before", async (t) => {
  for (const point of POINTS) {
    const sandbox = openSandbox(t);
    write(sandbox, "a", "1,a,1\n2,a,1\n");
    await sandbox.run([people]);
    write(sandbox, "b", "2,b,2\n3,b,1\nx,bad,1\n");
    let isDead = false;
    const crash = (reached: CrashPoint): void => {
      if (isDead || reached !== point) return;
      isDead = true;
      throw new Error("killed");
    };
    assert.equal((await sandbox.run([people], { crash })).state, "failed", point);
    await sandbox.run([people]);
    assert.deepEqual(await rowsOf(sandbox), ["1,a,1", "2,b,2", "3,b,1"], point);
    const [sum] = await sandbox.rows(
      "system.ledger",
      "sum(read)::int as read, sum(written)::int as written, sum(quarantined)::int as bad",
    );
    assert.deepEqual(sum, { read: 5, written: 4, bad: 1 }, point);
    assert.equal((await sandbox.rows("quarantine.bronze.people")).length, 1, point);
  }
});

test("two runs at once load a file once", async (t) => {
  const sandbox = openSandbox(t);
  write(sandbox, "a", "1,a,1\n2,a,1\n");
  await sandbox.run([people]);
  write(sandbox, "b", "2,b,2\n3,b,1\n");
  const results = await Promise.all([sandbox.run([people]), sandbox.run([people])]);
  const errors = results.flatMap(({ steps }) => steps.flatMap(({ error }) => error ?? []));
  assert.deepEqual(errors, []);
  assert.deepEqual(await rowsOf(sandbox), ["1,a,1", "2,b,2", "3,b,1"]);
  const [sum] = await sandbox.rows(
    "system.ledger",
    "sum(read)::int as read, sum(written)::int as written",
  );
  assert.deepEqual(sum, { read: 4, written: 4 });
});

test("rows that are replayed win only where they are newer than what came since", async (t) => {
  const sandbox = openSandbox(t);
  const strict = ingest("bronze.people", {
    from: csv("in/*.csv"),
    columns: { id: integer(), name: text().matches("[a-z]+"), rev: integer() },
    write: { merge: "id", newest: "rev" },
  });
  write(sandbox, "a", "1,BAD,5\n2,BAD,1\n3,BAD,1\n");
  write(sandbox, "b", "1,good,4\n2,good,2\n");
  await sandbox.run([strict]);
  const loose = { ...people };
  const project = await sandbox.project([loose]);
  const workspace = await openWorkspace({ lakePath: sandbox.lakePath, threads: 1 });
  try {
    const signal = new AbortController().signal;
    const how = { table: "bronze.people", signal };
    const dry = await replay(project, workspace, { ...how, dryRun: true });
    assert.deepEqual([dry.tried, dry.passing], [3, 3]);
    const done = await replay(project, workspace, { ...how, dryRun: false });
    assert.deepEqual(done.ledger, {
      read: 3,
      written: 2,
      quarantined: 0,
      deduplicated: 1,
      filtered: 0,
    });
  } finally {
    await workspace.close();
  }
  assert.deepEqual(await rowsOf(sandbox), ["1,BAD,5", "2,good,2", "3,BAD,1"]);
  assert.equal((await sandbox.rows("quarantine.bronze.people")).length, 0);
});

test("without a newest column a replayed row only comes in where its key is not there", async (t) => {
  const sandbox = openSandbox(t);
  const one = (pattern: string) =>
    ingest("bronze.people", {
      from: csv("in/*.csv"),
      columns: { id: integer(), name: text().matches(pattern), rev: integer() },
      write: { merge: "id" },
    });
  write(sandbox, "a", "1,BAD,5\n3,BAD,1\n");
  write(sandbox, "b", "1,good,4\n");
  await sandbox.run([one("[a-z]+")]);
  const project = await sandbox.project([one(".*")]);
  await sandbox.open(async (workspace) => {
    const signal = new AbortController().signal;
    const done = await replay(project, workspace, {
      table: "bronze.people",
      signal,
      dryRun: false,
    });
    assert.deepEqual([done.ledger.written, done.ledger.deduplicated], [1, 1]);
  });
  assert.deepEqual(await rowsOf(sandbox), ["1,good,4", "3,BAD,1"]);
});

test("the same rows in any order of files and of runs make the same table", async (t) => {
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
  t.diagnostic(`SEED=${seed}`);
  let state = seed;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  // No two rows of a key are equally new, so that nothing depends on what is loaded later.
  const all = Array.from(
    { length: 60 },
    (_, index) => [random(9), `n${random(5)}`, index] as const,
  );
  const expected = [...Map.groupBy(all, ([id]) => id)]
    .map(([, rows]) =>
      rows
        .toSorted((a, b) => a[2] - b[2])
        .at(-1)
        ?.join(","),
    )
    .toSorted();
  for (let round = 0; round < 3; round += 1) {
    const sandbox = openSandbox(t);
    const left = all.map((row) => [random(1000), row] as const).toSorted(([a], [b]) => a - b);
    for (let file = 0; left.length > 0; file += 1) {
      const rows = left.splice(0, 1 + random(20)).map(([, row]) => `${row.join(",")}\n`);
      write(sandbox, `f${file}`, rows.join(""));
      if (random(2) === 0) await sandbox.run([people]);
    }
    await sandbox.run([people]);
    assert.deepEqual((await rowsOf(sandbox)).toSorted(), expected, `SEED=${seed}`);
  }
});

test("a way of writing that means nothing is refused where it is declared", () => {
  const declare =
    (how: unknown, more = {}) =>
    () =>
      ingest("a.b", {
        from: csv("x.csv"),
        columns: { id: integer(), name: text().optional() },
        write: how,
        ...more,
      } as never);
  const bad = (fails: () => unknown, message: RegExp) => assert.throws(fails, { message });
  bad(declare("merge"), /option write of ingest\("a\.b"\) is "merge"/);
  bad(declare({ merge: "ids" }), /write .* names "ids", which is no column/);
  bad(declare({ merge: [] }), /option merge of write .* is \[\]/);
  bad(declare({ merge: ["id", "id"] }), /option merge/);
  bad(declare({ merge: "name" }), /declared \.optional\(\)/);
  bad(declare({ merge: "id", newst: "name" }), /no option "newst"/);
  bad(declare({ merge: "id", newest: "when" }), /names "when", which is no column/);
  bad(declare({ changes: "id" }), /option write/);
  bad(
    declare({ merge: "id" }, { unique: { key: "id" } }),
    /both write: \{ merge: \.\.\. \} and unique/,
  );
});
