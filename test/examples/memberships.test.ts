/** The example memberships, on its sample and on the real input. */

import assert from "node:assert/strict";
import { cp, mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { parseCsvObjects } from "hucre/csv";
import {
  deliveries,
  type Fault,
  type Member,
  sampleFiles,
} from "../../examples/memberships/sample.ts";
import {
  type Example,
  findRealInput,
  ledgerOf,
  openExample,
  type Row,
  type RunResult,
} from "./command.ts";

const FOLDERS = ["accepted", "rejected"];
const SAMPLE = join(import.meta.dirname, "..", "..", "examples", "memberships", "sample");

const all = deliveries().flatMap((delivery) => delivery.applications);
const wrong = all.filter(({ faults }) => faults.length > 0);

let sample: Example;
let first: RunResult;

before(async () => {
  sample = await openExample("memberships", FOLDERS);
  first = await sample.run();
});

after(() => sample.close());

test("the sample is what its generator writes", async () => {
  const found = await readdir(SAMPLE);
  assert.deepEqual(found.sort(), Object.keys(sampleFiles()).sort());
  for (const [name, content] of Object.entries(sampleFiles())) {
    assert.equal(await readFile(join(SAMPLE, name), "utf8"), content);
  }
});

test("every application of the sample is a member, turned away, or there already", async () => {
  assert.equal(first.state, "done");
  const good = new Set(all.filter(({ member }) => member !== undefined).map(({ line }) => line));
  assert.deepEqual(ledgerOf(first, "bronze.applications"), {
    read: all.length,
    written: good.size,
    quarantined: wrong.length,
    deduplicated: 1,
    filtered: 0,
  });
  assert.deepEqual(await membersOf(sample), expectedMembers(deliveries().map(({ name }) => name)));
  const [vega] = await sample.query(
    "select membership_id, above_18, mobile_no from silver.members where last_name = 'Vega'",
  );
  assert.deepEqual(vega, { membership_id: "Vega_91945", above_18: true, mobile_no: "66550042" });
  const shared = await sample.query(
    "select membership_id from silver.members group by all having count(*) > 1",
  );
  assert.deepEqual(shared, [{ membership_id: "Lindqvist_31b27" }]);
});

test("every fault of the sample is a reason in quarantine, and nothing else is", async () => {
  const { total, reasons } = await sample.quarantine("bronze.applications");
  assert.equal(total, wrong.length);
  const found = Object.fromEntries(reasons.map((one) => [faultOf(one), one.count]));
  const expected: Partial<Record<Fault, number>> = {};
  for (const fault of wrong.flatMap(({ faults }) => faults)) {
    expected[fault] = (expected[fault] ?? 0) + 1;
  }
  assert.deepEqual(found, expected);
});

test("the files of the accepted and the rejected hold what the tables hold", async () => {
  const members = await readCsv(join(sample.folder, "accepted", "members.csv"));
  assert.deepEqual(
    members.map(({ mobile_no }) => mobile_no),
    (await membersOf(sample)).map(({ mobile_no }) => mobile_no),
  );
  const rejected = await readCsv(join(sample.folder, "rejected", "rejected.csv"));
  assert.equal(rejected.length, wrong.length);
  const lines = rejected.map(({ name, email, date_of_birth, mobile_no, unreadable_line }) =>
    unreadable_line === ""
      ? [name, email, date_of_birth, mobile_no].join(",")
      : String(unreadable_line),
  );
  assert.deepEqual(lines.sort(), wrong.map(({ line }) => line).sort());
  const [worst] = rejected.filter(({ email }) => email === "no mail");
  const { reasons } = worst ?? {};
  assert.equal(String(reasons).split("; ").length, 4);
});

test("a second run of the sample does nothing", async () => {
  const tables = () => sample.query("select * from silver.members order by all");
  const rows = await tables();
  const result = await sample.run();
  assert.equal(result.state, "nothing to do");
  assert.deepEqual(
    result.steps.filter(({ state }) => state !== "up to date"),
    [],
  );
  assert.deepEqual(await tables(), rows);
});

test("members keep their numbers when files with earlier names arrive later", async (t) => {
  const example = await openExample("memberships", FOLDERS);
  t.after(example.close);
  const inbox = join(example.folder, "inbox");
  await mkdir(inbox);
  const [early, late] = deliveries().map(({ name }) => name);
  if (early === undefined || late === undefined) throw new Error("two deliveries");
  for (const name of [late, early]) {
    await cp(join(SAMPLE, name), join(inbox, name));
    await example.run({ inbox: join(inbox, "*.csv") });
  }
  assert.deepEqual(await membersOf(example), expectedMembers([late, early]));
});

test("the cut-off date and the age are parameters", async (t) => {
  const example = await openExample("memberships", FOLDERS);
  t.after(example.close);
  await example.run({ as_of: "2022-01-02" });
  const newYear = "select birthday, above_18 from silver.members where last_name = 'Newyear'";
  assert.deepEqual(await example.query(newYear), [{ birthday: "20040101", above_18: true }]);
  const strict = await openExample("memberships", FOLDERS);
  t.after(strict.close);
  await strict.run({ age: "50" });
  const [youngest] = await strict.query("select max(birthday) as birthday from silver.members");
  const { birthday } = youngest ?? {};
  assert.equal(String(birthday) < "19720101", true, `the youngest was born ${birthday}`);
});

test("the real input gives 706 members and turns 4,293 applications away", async (t) => {
  const input = await findRealInput(t, "memberships");
  if (input === undefined) return;
  const example = await openExample("memberships", FOLDERS);
  t.after(example.close);
  const result = await example.run({ inbox: join(input, "*.csv") });
  assert.deepEqual(ledgerOf(result, "bronze.applications"), {
    read: 4999,
    written: 706,
    quarantined: 4293,
    deduplicated: 0,
    filtered: 0,
  });
  const perFile = (table: string) =>
    example.query(
      `select regexp_extract(file, '_(\\d)\\.csv$', 1) as file, count(*)::integer as count from ${table} group by 1 order by 1`,
    );
  assert.deepEqual(await perFile("bronze.applications"), [
    { file: "1", count: 294 },
    { file: "2", count: 412 },
  ]);
  assert.deepEqual(await perFile("silver.rejected"), [
    { file: "1", count: 1705 },
    { file: "2", count: 2588 },
  ]);
  const { total, reasons } = await example.quarantine("bronze.applications");
  assert.equal(total, 4293);
  assert.deepEqual(Object.fromEntries(reasons.map((one) => [faultOf(one), one.count])), {
    "mobile_no pattern": 3758,
    "email pattern": 1476,
    age: 1063,
    "date_of_birth type": 1,
  });
  const summary = await example.query(
    `select count(*)::integer as members, count(distinct member_no)::integer as numbers,
       count(distinct membership_id)::integer as ids, bool_and(above_18) as all_above,
       max(membership_id) filter (last_name = 'Vega' and birthday = '19710307') as vega
     from silver.members`,
  );
  assert.deepEqual(summary, [
    { members: 706, numbers: 706, ids: 705, all_above: true, vega: "Vega_91945" },
  ]);
  assert.equal((await readCsv(join(example.folder, "accepted", "members.csv"))).length, 706);
  assert.equal((await readCsv(join(example.folder, "rejected", "rejected.csv"))).length, 4293);
});

function membersOf(example: Example): Promise<readonly Row[]> {
  return example.query(
    "select first_name, last_name, birthday, mobile_no from silver.members order by member_no",
  );
}

/** In the order of arrival, each once. */
function expectedMembers(names: readonly string[]): Member[] {
  const applications = names.flatMap(
    (name) => deliveries().find((delivery) => delivery.name === name)?.applications ?? [],
  );
  const byLine = new Map(applications.map(({ line, member }) => [line, member]));
  return [...byLine.values()].filter((member) => member !== undefined);
}

function faultOf({ column, rule }: { column: string | null; rule: string }): string {
  if (column === null) return rule === "rule" ? "age" : rule;
  return `${column} ${rule}`;
}

async function readCsv(path: string): Promise<readonly Record<string, unknown>[]> {
  return parseCsvObjects(await readFile(path, "utf8"), { header: true, typeInference: false }).data;
}
