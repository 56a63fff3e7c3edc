/** Which files are loaded, and when: each once, whatever happens to it and to its neighbours. */

import assert from "node:assert/strict";
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Clock } from "../../src/base/clock.ts";
import { csv, ingest, integer, ndjson, text } from "../../src/index.ts";
import { systemClock } from "../../src/run/clock.ts";
import type { CsvOptions } from "../../src/source/file-source.ts";
import { TABLE, useYards, type Yard } from "./harness.ts";

const open = useYards();

const COLUMNS = { id: integer(), name: text().optional() };
const door = (options: CsvOptions = {}, pattern = "in/*.csv") =>
  ingest(TABLE, { from: csv(pattern, options), columns: COLUMNS });

const ids = async (yard: Yard): Promise<unknown[]> => (await yard.rows()).map(({ id }) => id);

/** Every file of the lake with its time of change. */
function lakeFiles(yard: Yard): string[] {
  const names = readdirSync(yard.path("lake"), { recursive: true, encoding: "utf8" });
  return names.toSorted().map((name) => {
    const found = statSync(join(yard.path("lake"), name));
    return `${name} ${found.isFile() ? `${found.size} ${found.mtimeMs}` : "folder"}`;
  });
}

test("a file is loaded once, and a second run does nothing and writes nothing", async () => {
  const yard = open();
  yard.write("in/a.csv", "id,name\n1,a\nx,b\n");
  assert.equal((await yard.run([door()])).state, "done");
  const before = lakeFiles(yard);
  const again = await yard.run([door()]);
  assert.equal(again.result.state, "nothing to do");
  assert.deepEqual(lakeFiles(yard), before);
  yard.write("in/b.csv", "id,name\n2,c\n");
  assert.equal((await yard.run([door()])).ledger.read, 1);
  assert.deepEqual(await ids(yard), [1, 2]);
  assert.equal((await yard.rejected()).length, 1);
});

test("the plan says what would be read, and changes nothing", async () => {
  const yard = open();
  yard.write("in/a.csv", "id,name\n1,a\n");
  const { plan } = await yard.run([door()]);
  assert.deepEqual(
    plan.steps.map(({ action, because, files }) => [
      action,
      because,
      files.map(({ name, why }) => [name, why]),
    ]),
    [["create", "1 new, 0 loaded before", [["in/a.csv", "new"]]]],
  );
});

test("a table is made even where there is no file yet, and an empty pattern is no failure", async () => {
  const yard = open();
  mkdirSync(yard.path("in"));
  assert.equal((await yard.run([door()])).state, "done");
  assert.deepEqual(await yard.rows(), []);
  assert.equal((await yard.run([door()])).result.state, "nothing to do");
});

test("a path that names nothing fails and says what is near", async () => {
  const yard = open();
  yard.write("inbox.csv", "id\n1\n");
  const { state, result } = await yard.run([door({}, "imbox.csv")]);
  const error = result.steps[0]?.error;
  assert.deepEqual(
    [state, error?.code, error?.message],
    ["failed", "source/not-found", "There is no file imbox.csv"],
  );
  assert.match(error?.hint ?? "", /Did you mean "inbox\.csv"/);
});

/** A clock that does something while it is waited for. */
const clockThat = (act: () => void): Clock & { slept: number[] } => {
  const slept: number[] = [];
  return {
    slept,
    now: () => new Date(),
    sleep: async (ms) => {
      slept.push(ms);
      act();
    },
  };
};

test("a file that grows is left for the next run, and its neighbours are loaded", async () => {
  const yard = open();
  yard.write("in/old.csv", "id,name\n1,a\n");
  yard.write("in/grows.csv", "id,name\n2,b\n", 100);
  yard.write("in/fresh.csv", "id,name\n3,c\n", 100);
  const clock = clockThat(() => writeFileSync(yard.path("in/grows.csv"), "id,name\n2,b\n4,d\n"));
  const ran = await yard.run([door({ settle: "5 s" })], { clock });
  assert.deepEqual(clock.slept, [5000]);
  assert.deepEqual(await ids(yard), [1, 3]);
  assert.deepEqual(ran.notes, [
    "in/grows.csv is still being written: 12 bytes, then 16; it is left for the next run",
  ]);
  yard.write("in/grows.csv", "id,name\n2,b\n4,d\n");
  await yard.run([door({ settle: "5 s" })]);
  assert.deepEqual(await ids(yard), [1, 2, 3, 4]);
});

test("a time of change in the future, or a clock that jumps back, only makes a file wait once", async () => {
  const yard = open();
  yard.write("in/a.csv", "id,name\n1,a\n", -86_400_000);
  const clock = { ...clockThat(() => {}), now: () => new Date("2001-01-01T00:00:00Z") };
  await yard.run([door()], { clock });
  assert.deepEqual(await ids(yard), [1]);
  assert.equal((await yard.run([door()], { clock })).result.state, "nothing to do");
  yard.write("in/b.csv", "id,name\n2,b\n", 0);
  await yard.run([door()], { clock });
  assert.deepEqual(await ids(yard), [1, 2]);
});

test("settle of no time waits for nothing", async () => {
  const yard = open();
  yard.write("in/a.csv", "id,name\n1,a\n", 0);
  const clock = clockThat(() => assert.fail("waited"));
  await yard.run([door({ settle: "0 s" })], { clock });
  assert.deepEqual(await ids(yard), [1]);
});

test("the same bytes under another name are told and not loaded again, unless that is asked for", async () => {
  const yard = open();
  yard.write("in/a.csv", "id,name\n1,a\n");
  await yard.run([door()]);
  yard.write("in/b.csv", "id,name\n1,a\n");
  const { notes } = await yard.run([door()]);
  assert.deepEqual(notes, ["in/b.csv has the same content as in/a.csv and is not loaded again"]);
  assert.deepEqual(await ids(yard), [1]);
  assert.equal((await yard.run([door()])).result.state, "nothing to do");
  yard.write("in/c.csv", "id,name\n1,a\n");
  await yard.run([door({ duplicates: "load" })]);
  assert.deepEqual(await ids(yard), [1, 1]);
});

test("two files of the same bytes in one batch are one", async () => {
  const yard = open();
  for (const name of ["a", "b"]) yard.write(`in/${name}.csv`, "id,name\n1,a\n");
  const { notes } = await yard.run([door()]);
  assert.deepEqual(await ids(yard), [1]);
  assert.equal(notes.length, 1);
  const states = await yard.rows("system.loads", "file, state");
  assert.deepEqual(states, [
    { file: "in/a.csv", state: "loaded" },
    { file: "in/b.csv", state: "duplicate" },
  ]);
});

test("a file moved to another name is the same content", async () => {
  const yard = open();
  yard.write("in/a.csv", "id,name\n1,a\n");
  await yard.run([door()]);
  renameSync(yard.path("in/a.csv"), yard.path("in/z.csv"));
  await yard.run([door()]);
  assert.deepEqual(await ids(yard), [1]);
});

test("a changed file is a new version of it, loaded beside the old", async () => {
  const yard = open();
  yard.write("in/a.csv", "id,name\n1,a\n");
  await yard.run([door()]);
  yard.write("in/a.csv", "id,name\n1,a\n2,b\n", 100_000);
  const { notes, plan } = await yard.run([door()]);
  assert.deepEqual(notes, ["in/a.csv has changed and is loaded as a new version"]);
  assert.deepEqual(
    plan.steps[0]?.files.map(({ why }) => why),
    ["changed"],
  );
  assert.deepEqual(await ids(yard), [1, 1, 2]);
  assert.equal((await yard.run([door()])).result.state, "nothing to do");
});

test("a changed file is turned away where that is asked for, and only once", async () => {
  const yard = open();
  yard.write("in/a.csv", "id,name\n1,a\n");
  await yard.run([door({ changed: "reject" })]);
  yard.write("in/a.csv", "id,name\n1,a\n2,b\n", 100_000);
  await yard.run([door({ changed: "reject" })]);
  assert.deepEqual(await ids(yard), [1]);
  const [entry] = await yard.rejected();
  assert.deepEqual([entry?.form, entry?.file], ["file", "in/a.csv"]);
  assert.match(
    entry?.reasons[0] ?? "",
    /has other content than when it was loaded, and changed files are rejected/,
  );
  assert.equal((await yard.run([door({ changed: "reject" })])).result.state, "nothing to do");
});

test("a file that was refused and mended is loaded, also where changed files are turned away", async () => {
  const yard = open();
  const table = door({ changed: "reject" });
  yard.write("in/a.csv", "no header of ours\n1,a\n");
  await yard.run([table]);
  assert.equal((await yard.rejected()).length, 1);
  yard.write("in/a.csv", "what,name\n1,a\n", 100_000);
  await yard.run([table]);
  yard.write("in/a.csv", "id,name\n1,a\n", 200_000);
  const { ledger, notes } = await yard.run([table]);
  assert.deepEqual([ledger.written, notes], [1, []]);
  assert.deepEqual(await ids(yard), [1]);
  yard.write("in/a.csv", "id,name\n2,b\n", 300_000);
  await yard.run([table]);
  assert.deepEqual(await ids(yard), [1]);
  const reasons = (await yard.rejected()).flatMap((entry) => entry.reasons);
  assert.deepEqual(
    [reasons.length, reasons.filter((one) => /are rejected/.test(one)).length],
    [3, 1],
  );
});

for (const changed of ["reject", "new version"] as const) {
  test(`what was loaded, spoilt and put back is not loaded twice (changed: ${changed})`, async () => {
    const yard = open();
    yard.write("in/a.csv", "id,name\n1,a\n");
    await yard.run([door({ changed })]);
    yard.write("in/a.csv", "<html>busy</html>\n", 100_000);
    await yard.run([door({ changed })]);
    yard.write("in/a.csv", "id,name\n1,a\n", 200_000);
    const { notes } = await yard.run([door({ changed })]);
    assert.deepEqual(notes, ["in/a.csv is again what was loaded before"]);
    assert.deepEqual(await ids(yard), [1]);
    assert.equal((await yard.rejected()).length, 1);
    assert.equal((await yard.run([door({ changed })])).result.state, "nothing to do");
  });
}

test("a file that was only touched is not loaded again", async () => {
  const yard = open();
  yard.write("in/a.csv", "id,name\n1,a\n");
  await yard.run([door()]);
  const time = new Date(Date.now() - 60_000);
  utimesSync(yard.path("in/a.csv"), time, time);
  assert.equal((await yard.run([door()])).ledger.read, 0);
  assert.deepEqual(await ids(yard), [1]);
  assert.equal((await yard.run([door()])).result.state, "nothing to do");
});

test("a file that went back to older content is loaded as the change that it is", async () => {
  const yard = open();
  for (const content of ["id\n1\n", "id\n2\n", "id\n1\n"]) {
    yard.write("in/a.csv", content, 1e6 * (1 + content.length + Number(content.at(-2))));
    await yard.run([door()]);
  }
  assert.deepEqual(await ids(yard), [1, 1, 2]);
});

test("a file deleted after it was loaded takes nothing with it, and comes back as known", async () => {
  const yard = open();
  yard.write("in/a.csv", "id,name\n1,a\n");
  await yard.run([door()]);
  rmSync(yard.path("in/a.csv"));
  assert.equal((await yard.run([door()])).result.state, "nothing to do");
  yard.write("in/a.csv", "id,name\n1,a\n", 500_000);
  await yard.run([door()]);
  assert.deepEqual(await ids(yard), [1]);
});

test("a file turned away is loaded once it is mended", async () => {
  const yard = open();
  yard.write("in/a.csv", "Id,name\n1,a\n");
  await yard.run([door()]);
  assert.equal((await yard.run([door()])).result.state, "nothing to do");
  yard.write("in/a.csv", "id,name\n1,a\n", 100_000);
  await yard.run([door()]);
  assert.deepEqual(await ids(yard), [1]);
  assert.equal((await yard.rejected()).length, 1);
});

test("names with blanks, quotes, brackets and letters of any script are names", async () => {
  const yard = open();
  const names = [
    "a b",
    "it's",
    'say "hi"',
    "[x]",
    "é漢字😀",
    "semi;colon",
    "per%20cent",
    "#1",
    "back\\slash",
    "x=1",
    "{y}",
    "*",
  ];
  for (const [index, name] of names.entries())
    yard.write(`in/${name}.csv`, `id,name\n${index},a\nx,${index}\n`);
  await yard.run([door()]);
  assert.deepEqual(
    await ids(yard),
    names.map((_, index) => index),
  );
  assert.deepEqual(
    (await yard.rejected()).map(({ file, position }) => `${file}:3` === position),
    names.map(() => true),
  );
  assert.equal((await yard.run([door()])).result.state, "nothing to do");
});

test("a path that exists as it is written is no pattern", async () => {
  const yard = open();
  yard.write("in/[a].csv", "id,name\n1,a\n");
  yard.write("in/a.csv", "id,name\n2,b\n");
  await yard.run([door({}, "in/[a].csv")]);
  assert.deepEqual(await ids(yard), [1]);
});

test("hidden and unfinished names are passed over by patterns", async () => {
  const yard = open();
  for (const name of [".hidden.csv", "a.csv.part", "~$a.csv", "b.csv.tmp", "c.csv"])
    yard.write(`in/${name}`, "id\n1\n");
  await yard.run([door({}, "in/*")]);
  assert.deepEqual(await yard.rows("system.loads", "file"), [{ file: "in/c.csv" }]);
});

test("what cannot be opened is noted, left for the next run, and stops no other", async () => {
  const yard = open();
  yard.write("in/a.csv", "id,name\n1,a\n");
  symlinkSync(yard.path("nowhere"), yard.path("in/dangling.csv"));
  mkdirSync(yard.path("in/folder.csv"));
  yard.write("in/closed.csv", "id,name\n2,b\n");
  chmodSync(yard.path("in/closed.csv"), 0);
  const { notes } = await yard.run([door()]);
  assert.ok(
    notes.some((note) => /^in\/dangling\.csv is a link to a file that is not there/.test(note)),
    notes.join("\n"),
  );
  const isRoot = process.getuid?.() === 0;
  assert.deepEqual(await ids(yard), isRoot ? [1, 2] : [1]);
});

test("several sources fill one table, and a file of both is loaded once", async () => {
  const yard = open();
  yard.write("in/a.csv", "id,name\n1,a\n");
  yard.write("in/b.ndjson", '{"id":2}\n{"id":"x"}\n');
  const table = ingest(TABLE, {
    from: [csv("in/*.csv"), ndjson("in/*.ndjson"), csv("in/a.csv")],
    columns: COLUMNS,
  });
  await yard.run([table]);
  assert.deepEqual(await ids(yard), [1, 2]);
  const ledger = await yard.rows("system.ledger", "source, read, written, quarantined");
  assert.deepEqual(ledger, [
    { source: "csv in/*.csv", read: 1n, written: 1n, quarantined: 0n },
    { source: "ndjson in/*.ndjson", read: 2n, written: 1n, quarantined: 1n },
  ]);
});

test("more files than one commit takes are loaded in several, each once", async () => {
  const yard = open();
  for (let file = 0; file < 505; file++) yard.write(`in/${file}.csv`, `id,name\n${file},a\n`);
  await yard.run([door()]);
  assert.equal((await yard.rows()).length, 505);
  assert.equal((await yard.lake.find(TABLE))?.version, 1);
  assert.equal((await yard.run([door()])).result.state, "nothing to do");
});

test("a table that is overwritten holds the newest content of all its files", async () => {
  const yard = open();
  const table = ingest(TABLE, { from: csv("in/*.csv"), columns: COLUMNS, write: "overwrite" });
  const run = async () => {
    const { result, ledger } = await yard.run([table]);
    return [result.state, ledger.read, await ids(yard)];
  };
  yard.write("in/a.csv", "id,name\n1,a\n2,b\n");
  yard.write("in/b.csv", "id,name\n3,c\nx,d\n");
  assert.deepEqual(await run(), ["done", 4, [1, 2, 3]]);
  assert.deepEqual(await run(), ["nothing to do", 0, [1, 2, 3]]);
  yard.write("in/a.csv", "id,name\n1,a\n4,b\n", 100_000);
  assert.deepEqual(await run(), ["done", 4, [1, 3, 4]]);
  rmSync(yard.path("in/b.csv"));
  assert.deepEqual(await run(), ["done", 2, [1, 4]]);
  assert.deepEqual(await yard.rejected(), []);
  yard.write("in/c.csv", "id,name\n5,e\n");
  assert.deepEqual(await run(), ["done", 3, [1, 4, 5]]);
  assert.deepEqual(await run(), ["nothing to do", 0, [1, 4, 5]]);
});

test("an overwritten table whose last file went away is left as it is", async () => {
  const yard = open();
  const table = ingest(TABLE, { from: csv("in/*.csv"), columns: COLUMNS, write: "overwrite" });
  yard.write("in/a.csv", "id,name\n1,a\n");
  await yard.run([table]);
  rmSync(yard.path("in/a.csv"));
  await yard.run([table]);
  assert.deepEqual(await ids(yard), [1]);
});

test("a file read while it changes is left for the next run", async () => {
  const yard = open();
  yard.write("in/a.csv", "id,name\n1,a\n", 0);
  let stat = 0;
  const clock: Clock = {
    now: () => new Date(),
    sleep: async () => {
      stat += 1;
      rmSync(yard.path("in/a.csv"));
    },
  };
  const { notes } = await yard.run([door()], { clock });
  assert.equal(stat, 1);
  assert.match(notes[0] ?? "", /went away while it was watched/);
  assert.deepEqual(await yard.rows(), []);
  assert.ok(systemClock.now() instanceof Date);
});
