/** A merge deletes and spares rows where it is told to, and the ledger says what became of every row that was read. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { CrashPoint } from "../../src/base/crash-point.ts";
import { csv, type IngestWrite, ingest, integer, sql, text, transform } from "../../src/index.ts";
import { replay } from "../../src/run/replay.ts";
import { anySeed, chanceFrom } from "../proof/random.ts";
import { openSandbox, type Sandbox, stepOf } from "../run/sandbox.ts";

type Named = "id" | "op" | "name" | "rev";

const people = (write: IngestWrite<Named>, more: object = {}) =>
  ingest("bronze.people", {
    from: csv("in/*.csv"),
    columns: {
      id: integer(),
      op: text().optional(),
      name: text().optional(),
      rev: integer().optional(),
    },
    write,
    ...more,
  });
const changes = people({ merge: "id", newest: "rev", deleteWhere: sql`op = 'd'` });

const write = (sandbox: Sandbox, name: string, rows: string): void =>
  sandbox.write(`in/${name}.csv`, `id,op,name,rev\n${rows}`);

const rowsOf = async (sandbox: Sandbox, table = "bronze.people") =>
  (await sandbox.rows(table)).map((row) => Object.values(row).join(","));

const ledgerOf = (ran: Awaited<ReturnType<Sandbox["run"]>>) => {
  const { error, ledger } = stepOf(ran, "bronze.people");
  assert.equal(error, undefined);
  const { read, written, quarantined, deduplicated, filtered } = ledger;
  assert.equal(read, written + quarantined + deduplicated + filtered);
  return { written, quarantined, deduplicated, filtered };
};

test("a row that deletes takes the row of its key away, and is written as a change", async (t) => {
  const sandbox = openSandbox(t);
  write(sandbox, "a", "1,c,ann,1\n2,c,bob,1\n3,c,eve,5\n4,c,kim,1\n4,d,,2\n");
  assert.deepEqual(ledgerOf(await sandbox.run([changes])), {
    written: 3,
    quarantined: 0,
    deduplicated: 2,
    filtered: 0,
  });
  assert.deepEqual(await rowsOf(sandbox), ["1,c,ann,1", "2,c,bob,1", "3,c,eve,5"]);
  // One goes; three is newer than its deletion; nine was never there; two is deleted and comes again.
  write(sandbox, "b", "1,d,,2\n3,d,,4\n9,d,,1\n2,d,,2\n2,c,rob,3\n5,c,new,1\nx,d,,1\n");
  assert.deepEqual(ledgerOf(await sandbox.run([changes])), {
    written: 3,
    quarantined: 1,
    deduplicated: 3,
    filtered: 0,
  });
  assert.deepEqual(await rowsOf(sandbox), ["2,c,rob,3", "3,c,eve,5", "5,c,new,1"]);
  // What is delivered again says what is so already.
  sandbox.write("in/again.csv", "id,op,name,rev\n1,d,again,2\n2,d,,2\n");
  assert.deepEqual(ledgerOf(await sandbox.run([changes])), {
    written: 0,
    quarantined: 0,
    deduplicated: 2,
    filtered: 0,
  });
  assert.equal((await sandbox.run([changes])).state, "nothing to do");
});

test("without a newest column a row that deletes is as good as one that comes, and null deletes nothing", async (t) => {
  const sandbox = openSandbox(t);
  const plain = people(
    { merge: "id", deleteWhere: sql`op = 'd'` },
    { partitionBy: ["name"], properties: { "delta.enableDeletionVectors": "true" } },
  );
  write(sandbox, "a", "1,,ann,1\n2,,bob,1\n3,,bob,1\n");
  await sandbox.run([plain]);
  write(sandbox, "b", "1,d,,\n3,,kim,2\n");
  assert.deepEqual(ledgerOf(await sandbox.run([plain])).written, 2);
  assert.deepEqual(await rowsOf(sandbox), ["2,,bob,1", "3,,kim,2"]);
});

test("a row gives way only where updateWhere is true, and what it turns away is filtered", async (t) => {
  const sandbox = openSandbox(t);
  const careful = people({
    merge: "id",
    deleteWhere: sql`op = 'd'`,
    updateWhere: sql`source.name is distinct from target.name and target.op is distinct from 'locked'`,
  });
  write(sandbox, "a", "1,,ann,1\n2,locked,bob,1\n3,locked,eve,1\n");
  await sandbox.run([careful]);
  write(sandbox, "b", "1,,ann,9\n2,,rob,2\n3,d,,2\n4,,new,1\n");
  assert.deepEqual(ledgerOf(await sandbox.run([careful])), {
    written: 2,
    quarantined: 0,
    deduplicated: 0,
    filtered: 2,
  });
  assert.deepEqual(await rowsOf(sandbox), ["1,,ann,1", "2,locked,bob,1", "4,,new,1"]);
});

const full = people({ merge: "id", newest: "rev", absent: "delete" });

test("rows that are absent from what is loaded at once go, unless they are newer than all of it", async (t) => {
  const sandbox = openSandbox(t);
  const copies = transform("silver.copies", sql`select id, name from ${full}`, {
    write: { merge: "id" },
  });
  const assets = [full, copies];
  write(sandbox, "1", "1,,ann,1\n2,,bob,1\n3,,eve,1\n");
  await sandbox.run(assets);
  sandbox.write("in/2.csv", "id,op,name,rev\n1,,ann,1\n4,,kim,2\n");
  const planned = stepOf(await sandbox.plan(assets), "bronze.people");
  assert.deepEqual(planned.notes, ["rows whose key is not in these files will be deleted"]);
  const second = await sandbox.run(assets);
  assert.deepEqual(ledgerOf(second).written, 2);
  assert.deepEqual(stepOf(second, "bronze.people").notes, [
    "2 rows were absent from the files and deleted",
  ]);
  assert.deepEqual(await rowsOf(sandbox), ["1,,ann,1", "4,,kim,2"]);
  assert.deepEqual(await rowsOf(sandbox, "silver.copies"), ["1,ann", "4,kim"]);
  // An older snapshot comes late: what it does not know yet stays, and its own rows lose or come again.
  sandbox.write("in/0.csv", "id,op,name,rev\n4,,old,1\n");
  await sandbox.run(assets);
  assert.deepEqual(await rowsOf(sandbox), ["4,,kim,2"]);
  sandbox.write("in/0b.csv", "id,op,name,rev\n7,,late,1\n");
  await sandbox.run(assets);
  assert.deepEqual(await rowsOf(sandbox), ["4,,kim,2", "7,,late,1"]);
});

test("what was the whole before, and is so again, is loaded again", async (t) => {
  const sandbox = openSandbox(t);
  const whole = people({ merge: "id", absent: "delete" });
  write(sandbox, "1", "1,,ann,1\n2,,bob,1\n");
  await sandbox.run([whole]);
  write(sandbox, "2", "1,,ann,1\n");
  await sandbox.run([whole]);
  assert.deepEqual(await rowsOf(sandbox), ["1,,ann,1"]);
  write(sandbox, "3", "1,,ann,1\n2,,bob,1\n");
  await sandbox.run([whole]);
  assert.deepEqual(await rowsOf(sandbox), ["1,,ann,1", "2,,bob,1"]);
});

test("nothing is deleted for being absent where a row was turned away, none came, or a file cannot be read", async (t) => {
  const sandbox = openSandbox(t);
  write(sandbox, "1", "1,,ann,1\n2,,bob,1\n");
  await sandbox.run([full]);
  write(sandbox, "2", "1,,anna,2\ntwo,,bob,2\n");
  const bad = stepOf(await sandbox.run([full]), "bronze.people");
  assert.deepEqual(bad.notes, [
    "rows were turned away, so none is deleted for being absent: it may be one of them",
  ]);
  assert.deepEqual(await rowsOf(sandbox), ["1,,anna,2", "2,,bob,1"]);
  write(sandbox, "3", "");
  const none = stepOf(await sandbox.run([full]), "bronze.people");
  assert.deepEqual(none.notes, ["the files hold no row, so none is deleted for being absent"]);
  assert.deepEqual(await rowsOf(sandbox), ["1,,anna,2", "2,,bob,1"]);
  sandbox.write("in/4.csv", "name,rev\nann,1\n");
  write(sandbox, "5", "1,,anna,3\n");
  const refused = stepOf(await sandbox.run([full]), "bronze.people");
  assert.equal(refused.error?.code, "ingest/refused-file");
  assert.deepEqual(await rowsOf(sandbox), ["1,,anna,2", "2,,bob,1"]);
});

test("a replay deletes by its own rows where they are newer, and never what is absent from it", async (t) => {
  const sandbox = openSandbox(t);
  const strict = people(
    { merge: "id", newest: "rev", deleteWhere: sql`op = 'd'`, absent: "delete" },
    { rules: { "names are short": sql`coalesce(length(name), 0) < 4` } },
  );
  const lenient = people({
    merge: "id",
    newest: "rev",
    deleteWhere: sql`op = 'd'`,
    absent: "delete",
  });
  write(sandbox, "a", "1,,ann,1\n2,,bob,1\n3,,eve,9\n");
  await sandbox.run([strict]);
  write(
    sandbox,
    "b",
    "1,d,gone away,2\n3,d,gone away,5\n4,,somebody,1\n4,d,nobody at all,2\n2,,bob,1\n",
  );
  await sandbox.run([strict]);
  assert.deepEqual(await rowsOf(sandbox), ["1,,ann,1", "2,,bob,1", "3,,eve,9"]);
  const project = await sandbox.project([lenient]);
  const replayed = await sandbox.open((workspace) =>
    replay(project, workspace, {
      table: "bronze.people",
      dryRun: false,
      signal: new AbortController().signal,
    }),
  );
  assert.deepEqual(
    [replayed.passing, replayed.ledger],
    [4, { read: 4, written: 1, quarantined: 0, deduplicated: 3, filtered: 0 }],
  );
  assert.deepEqual(await rowsOf(sandbox), ["2,,bob,1", "3,,eve,9"]);
});

test("what comes in whatever order and batches leaves the rows that a model says", async (t) => {
  const seed = anySeed();
  t.diagnostic(`seed ${seed}`);
  const random = chanceFrom(seed);
  const sandbox = openSandbox(t);
  const asset = people({
    merge: "id",
    newest: "rev",
    deleteWhere: sql`op = 'd'`,
    updateWhere: sql`source.name <> 'no'`,
  });
  const model = new Map<number, { readonly name: string; readonly rev: number }>();
  for (let round = 0; round < 6; round += 1) {
    const batch = new Map<number, { op: string; name: string; rev: number }>();
    let lines = "";
    for (let line = 0; line < 12; line += 1) {
      const [id, rev] = [random.below(8), round * 3 + random.below(9)];
      const op = random.oneIn(3) ? "d" : "c";
      const name = random.oneIn(4) ? "no" : `n${line}`;
      lines += `${id},${op},${name},${rev}\n`;
      const best = batch.get(id);
      const rank = (one: { op: string; name: string; rev: number }) =>
        `${String(one.rev).padStart(5, "0")} ${one.op} ${one.name}`;
      if (best === undefined || rank({ op, name, rev }) > rank(best))
        batch.set(id, { op, name, rev });
    }
    for (const [id, { op, name, rev }] of batch) {
      const old = model.get(id);
      if (old !== undefined && old.rev > rev) continue;
      if (op === "d") model.delete(id);
      else if (old === undefined || name !== "no") model.set(id, { name, rev });
    }
    write(sandbox, `r${round}`, lines);
    ledgerOf(await sandbox.run([asset]));
    assert.deepEqual(
      (await sandbox.rows("bronze.people", "id, name, rev")).map((row) => Object.values(row)),
      [...model].toSorted(([a], [b]) => a - b).map(([id, { name, rev }]) => [id, name, rev]),
      `round ${round}, seed ${seed}`,
    );
  }
});

const POINTS: readonly CrashPoint[] = [
  "operation/changes-staged",
  "operation/rows-written",
  "delta/files-adopted",
  "delta/before-commit",
  "delta/committed",
  "ingest/committed",
];

for (const point of POINTS) {
  test(`a merge that deletes, stopped at ${point}, is done once by the next run`, async (t) => {
    const sandbox = openSandbox(t);
    const asset = people({
      merge: "id",
      newest: "rev",
      deleteWhere: sql`op = 'd'`,
      absent: "delete",
    });
    write(sandbox, "a", "1,,ann,1\n2,,bob,1\n3,,eve,1\n4,,kim,1\n");
    await sandbox.run([asset]);
    const before = await rowsOf(sandbox);
    write(sandbox, "b", "1,d,,2\n2,,rob,2\n4,,kim,1\n");
    let isPassed = false;
    const crash = (here: CrashPoint): void => {
      if (here !== point || isPassed) return;
      isPassed = true;
      throw new Error("killed here");
    };
    await sandbox.run([asset], { crash }).catch(() => undefined);
    assert.ok(isPassed, `${point} was not passed`);
    const between = await rowsOf(sandbox);
    await sandbox.run([asset]);
    const after = ["2,,rob,2", "4,,kim,1"];
    assert.deepEqual(await rowsOf(sandbox), after);
    assert.ok([before.join(), after.join()].includes(between.join()));
    const [sums] = await sandbox.rows(
      "system.ledger",
      "sum(read)::integer as read, sum(written)::integer as written",
    );
    assert.deepEqual(sums, { read: 7, written: 7 });
  });
}

test("what a merge cannot do is refused where it is declared or planned", async (t) => {
  const sandbox = openSandbox(t);
  write(sandbox, "a", "1,,ann,1\n");
  for (const [write, message] of [
    [
      { merge: "id", deleteWhere: "op" },
      /deleteWhere of write of ingest\("bronze.people"\) is "op"/,
    ],
    [{ merge: "id", absent: "keep" }, /absent of write of ingest\("bronze.people"\) is "keep"/],
    [{ merge: "id", replaceWhere: sql`true` }, /has no option "replaceWhere"/],
    ["overwrite partitions", /write of ingest\("bronze.people"\) is "overwrite partitions"/],
  ] as const) {
    assert.throws(() => people(write as unknown as "append"), message);
  }
  for (const [write, message] of [
    [
      { merge: "id", deleteWhere: sql`ops = 'd'` },
      /option deleteWhere of bronze.people fails at .*merge-clause.test.ts:\d+: .*ops/,
    ],
    [
      { merge: "id", updateWhere: sql`name <> ''` },
      /option updateWhere of bronze.people fails at .*[Aa]mbiguous/,
    ],
  ] as const) {
    await assert.rejects(sandbox.plan([people(write)]), message);
  }
});
