/** What a contract demands beyond types: each demand, rules over whole rows, and the reasons that rows are given. */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  bigint,
  type Columns,
  csv,
  date,
  decimal,
  float,
  ingest,
  integer,
  json,
  list,
  ndjson,
  param,
  type Sql,
  sql,
  text,
  timestamp,
} from "../../src/index.ts";
import type { IngestOptions } from "../../src/ingest/asset.ts";
import { type Landed, land, TABLE, useYards } from "./harness.ts";

const open = useYards();

const cell = (value: string | null): string =>
  value === null ? "" : `"${value.replaceAll('"', '""')}"`;

function landCsv<C extends Columns>(
  rows: readonly (readonly (string | null)[])[],
  columns: C,
  how: Omit<IngestOptions<C>, "from" | "columns"> = {},
): Promise<Landed> {
  const header = Object.entries(columns).flatMap(([name, { definition }]) =>
    definition.from === undefined ? [name] : [],
  );
  const lines = [header, ...rows].map((row) => `${row.map(cell).join(",")}\n`);
  return land(open(), { "in.csv": lines.join("") }, { from: csv("in.csv"), columns, ...how });
}

const column = (landed: Landed, name: string): unknown[] => landed.rows.map((row) => row[name]);
const reasonsByLine = ({ rejected }: Landed): Record<string, readonly string[]> =>
  Object.fromEntries(rejected.map(({ line, reasons }) => [String(line), reasons]));

test("a missing value is rejected unless the column is optional", async () => {
  const landed = await landCsv(
    [
      ["1", null, null],
      ["2", "", "x"],
      [null, "a", null],
    ],
    { id: integer(), must: text(), may: text().optional() },
  );
  assert.deepEqual(landed.rows, [{ id: 2, must: "", may: "x" }]);
  assert.deepEqual(reasonsByLine(landed), {
    2: ["must|required|is missing"],
    4: ["id|required|is missing"],
  });
});

test("a value that is there and wrong is rejected even where the column is optional", async () => {
  const landed = await landCsv(
    [
      ["1", "x"],
      ["2", ""],
      ["3", null],
    ],
    { id: integer(), n: integer().optional() },
  );
  assert.deepEqual(landed.rows, [{ id: 3, n: null }]);
  assert.deepEqual(reasonsByLine(landed), {
    2: ["n|type|is not a whole number of 32 bits|x"],
    3: ["n|type|is not a whole number of 32 bits"],
  });
});

test("clean steps run in order on the raw text, before it gets its type", async () => {
  const landed = await landCsv(
    [
      [" 1,234 ", "x"],
      ["x", "drop me"],
    ],
    {
      n: integer()
        .clean((v) => sql`trim(${v})`)
        .clean((v) => sql`replace(${v}, ',', '')`),
      note: text()
        .clean((v) => sql`nullif(${v}, 'drop me')`)
        .optional(),
    },
  );
  assert.deepEqual(landed.rows, [{ n: 1234, note: "x" }]);
  assert.deepEqual(landed.rejected[0]?.reasons, ["n|type|is not a whole number of 32 bits|x"]);
  assert.equal(landed.rejected[0]?.raw, '{"n":"x","note":"drop me"}');
});

test("a value that clean makes null is missing", async () => {
  const landed = await landCsv([["N/A"], ["5"]], {
    n: integer().clean((v) => sql`nullif(${v}, 'N/A')`),
  });
  assert.deepEqual(column(landed, "n"), [5]);
  assert.deepEqual(landed.rejected[0]?.reasons, ["n|required|is missing|N/A"]);
});

test("oneOf compares values and not texts", async () => {
  const landed = await landCsv(
    [
      ["a", "1.50", "2024-01-01", "007"],
      ["A", "1.5", "2024-01-01", "7"],
      ["a", "1.6", "2024-01-02", "8"],
    ],
    {
      t: text().oneOf(["a", "it's"]),
      d: decimal(10, 2).oneOf(["1.5"]),
      day: date().oneOf(["2024-01-01"], "must be new year"),
      n: bigint().oneOf([7n]),
    },
  );
  assert.equal(landed.rows.length, 1);
  assert.deepEqual(reasonsByLine(landed), {
    3: ["t|one of|must be one of a, it's|A"],
    4: [
      "d|one of|must be one of 1.5|1.6",
      "day|one of|must be new year|2024-01-02",
      "n|one of|must be one of 7|8",
    ],
  });
});

test("between holds for its both ends, of dates, decimals, times and numbers", async () => {
  const landed = await landCsv(
    [
      ["2024-01-01", "0.10", "2024-01-01T00:00:00Z", "-1.5"],
      ["2024-12-31", "99999999.99", "2024-01-01T01:00:00+01:00", "1.5"],
      ["2023-12-31", "0.09", "2023-12-31T23:59:59.999999Z", "1.50001"],
      ["2025-01-01", "-0.10", "2024-06-01T00:00:01Z", "-1.6"],
    ],
    {
      day: date().between("2024-01-01", "2024-12-31"),
      price: decimal(10, 2).between("0.10", "99999999.99"),
      at: timestamp().between(new Date("2024-01-01T00:00:00Z"), new Date("2024-06-01T00:00:00Z")),
      f: float().between(-1.5, 1.5, "is out of range"),
    },
  );
  assert.equal(landed.rows.length, 2);
  assert.deepEqual(
    landed.rejected.map(({ reasons }) => reasons.length),
    [4, 4],
  );
  assert.equal(
    landed.rejected[0]?.reasons[0],
    "day|range|must be between 2024-01-01 and 2024-12-31|2023-12-31",
  );
  assert.equal(landed.rejected[0]?.reasons[3], "f|range|is out of range|1.50001");
});

test("limits of decimals and 64-bit numbers are compared digit by digit", async () => {
  const landed = await landCsv(
    [
      ["9007199254740993", "0.123456789012345678"],
      ["9007199254740992", "0.123456789012345677"],
    ],
    {
      n: bigint().between(9007199254740993n, 9223372036854775807n),
      d: decimal(38, 18).between("0.123456789012345678", "1"),
    },
  );
  assert.deepEqual(column(landed, "n"), [9007199254740993n]);
  assert.deepEqual(landed.rejected[0]?.reasons.length, 2);
});

test("matches is about the whole text, line ends included", async () => {
  const landed = await landCsv([["ab"], ["x1b"], ["ab\n"], ["ab\nab"], ["AB"], ["é"]], {
    t: text().matches("[a-z]+|é", "must be small letters"),
  });
  assert.deepEqual(column(landed, "t"), ["ab", "é"]);
  assert.deepEqual(landed.rejected[1]?.reasons, ["t|pattern|must be small letters|ab\n"]);
});

test("a pattern's dot takes a line end, and quotes in it are no danger", async () => {
  const landed = await landCsv([["a\nb"], ["a'b"], ["a;b--"]], {
    t: text().matches("a['.\\n;].*"),
  });
  assert.equal(landed.rows.length, 3);
});

test("a text of white space of any script is blank", async () => {
  const blanks = [
    "",
    " ",
    "\t",
    "\u00a0",
    "\u2003\u3000",
    "\n",
    "\u200b",
    "\ufeff",
    "\u2028",
    "\u1680",
  ];
  const landed = await landCsv([...blanks.map((one) => [one]), [" x "], ["·"]], {
    t: text().notBlank(),
  });
  assert.deepEqual(column(landed, "t"), [" x ", "·"]);
  assert.equal(landed.rejected.length, blanks.length);
  assert.ok(
    landed.rejected.every(({ reasons }) => reasons[0]?.startsWith("t|not blank|must not be blank")),
  );
});

test("check sees the typed value, and a check that is neither true nor false passes only what is missing", async () => {
  const landed = await landCsv(
    [
      ["1", "4"],
      ["2", "5"],
      ["3", null],
      ["4", "0"],
    ],
    {
      id: integer(),
      n: integer()
        .optional()
        .check((n) => sql`case when ${n} <> 0 then ${n} % 2 = 0 end`, "must be even"),
      m: integer()
        .from("id")
        .check((m) => sql`case when ${m} <> 1 then true end`, "must not be 1"),
    },
  );
  assert.deepEqual(column(landed, "n"), [null]);
  assert.deepEqual(reasonsByLine(landed), {
    2: ["m|check|must not be 1|1"],
    3: ["n|check|must be even|5"],
    5: ["n|check|must be even|0"],
  });
});

test("a check over lists and JSON reads their values", async () => {
  const { rows, rejected } = await land(
    open(),
    { "in.ndjson": '{"l":[1,2],"j":{"a":5}}\n{"l":[1],"j":{"a":6}}\n' },
    {
      from: ndjson("in.ndjson"),
      columns: {
        l: list(integer()).check((l) => sql`len(${l}) = 2`, "must be a pair"),
        j: json().check((j) => sql`(${j} ->> '$.a')::integer = 5`, "a must be 5"),
      },
    },
  );
  assert.equal(rows.length, 1);
  assert.deepEqual(rejected[0]?.reasons, [
    "l|check|must be a pair|[1]",
    'j|check|a must be 5|{"a":6}',
  ]);
});

test("a check that fails while it runs stops the step with its place and loses nothing", async () => {
  const yard = open();
  yard.write("in.csv", "n\n0\n");
  const ran = await yard.run([
    ingest(TABLE, {
      from: csv("in.csv"),
      columns: { n: text().check((n) => sql`cast(${n} || 'x' as integer) > 1`, "x") },
    }),
  ]);
  assert.equal(ran.state, "failed");
  assert.match(String(ran.error?.message), /0x/);
});

test("every reason that applies is recorded with its column, rule, message and value", async () => {
  const landed = await landCsv(
    [["abc", "-5", "x", null]],
    {
      a: text()
        .matches("[0-9]+", "digits only")
        .oneOf(["1"])
        .check((a) => sql`length(${a}) > 5`, "too short"),
      n: integer().between(0, 10),
      m: integer(),
      must: text().notBlank(),
    },
    {
      rules: { "n is positive": sql`n > 0`, "a is not abc": sql`a <> 'abc'`, "m is n": sql`m = n` },
    },
  );
  assert.deepEqual(landed.rejected[0]?.reasons, [
    "a|pattern|digits only|abc",
    "a|one of|must be one of 1|abc",
    "a|check|too short|abc",
    "n|range|must be between 0 and 10|-5",
    "m|type|is not a whole number of 32 bits|x",
    "must|required|is missing",
    "|rule|n is positive|-5",
    "|rule|a is not abc|abc",
  ]);
});

test("a rule is not judged where a column that it names is missing or failed by itself", async () => {
  const landed = await landCsv(
    [
      ["1", "2"],
      ["3", "2"],
      ["3", null],
      ["x", "2"],
      [null, null],
    ],
    { low: integer().optional(), high: integer().optional() },
    { rules: { "low is below high": sql`low < high` } },
  );
  assert.deepEqual(landed.rows, [
    { low: 1, high: 2 },
    { low: 3, high: null },
    { low: null, high: null },
  ]);
  assert.deepEqual(reasonsByLine(landed), {
    3: ["|rule|low is below high"],
    5: ["low|type|is not a whole number of 32 bits|x"],
  });
});

test("a rule that handles a missing value itself is judged", async () => {
  const landed = await landCsv(
    [
      ["1", null],
      [null, "1"],
      [null, null],
    ],
    { a: integer().optional(), b: integer().optional() },
    { rules: { "one of both is there": sql`a is not null or b is not null` } },
  );
  assert.equal(landed.rows.length, 2);
  assert.deepEqual(
    landed.rejected.map(({ reasons }) => reasons),
    [["|rule|one of both is there"]],
  );
});

test("a rule that is null for values that are all there fails the row", async () => {
  const landed = await landCsv(
    [
      ["1", "0"],
      ["1", "1"],
    ],
    { a: integer(), b: integer() },
    { rules: { "a over b is 1": sql`case when b <> 0 then a / b = 1 end` } },
  );
  assert.deepEqual(reasonsByLine(landed), { 2: ["|rule|a over b is 1"] });
});

test("a rule may use any SQL, comments and line breaks included", async () => {
  const landed = await landCsv(
    [["1"], ["2"]],
    { a: integer() },
    {
      rules: {
        'it\'s "one"; -- ok': sql`a = 1 -- and nothing else
      `,
      },
    },
  );
  assert.deepEqual(landed.rejected[0]?.reasons, ['|rule|it\'s "one"; -- ok|2']);
});

test("a rule may look into another table, and NULLs in it reject nobody and admit nobody", async () => {
  const yard = open();
  yard.write("countries.csv", 'code\n1\n2\n""\n');
  yard.write("in.csv", "id,country\n1,1\n2,3\n3,\n");
  const countries = ingest("bronze.countries", {
    from: csv("countries.csv"),
    columns: {
      code: integer()
        .clean((v) => sql`nullif(${v}, '')`)
        .optional(),
    },
  });
  const people = (rule: Sql) =>
    ingest(TABLE, {
      from: csv("in.csv"),
      columns: { id: integer(), country: integer().optional() },
      rules: { "country is known": rule },
    });
  const inList = sql`country in (select code from ${countries})`;
  await yard.run([people(inList), countries]);
  assert.equal((await yard.rows("bronze.countries")).length, 3);
  assert.deepEqual(await yard.rows(), [
    { id: 1, country: 1 },
    { id: 3, country: null },
  ]);
  assert.deepEqual((await yard.rejected())[0]?.reasons, ["|rule|country is known|3"]);
});

test("a rule with exists sees the row of the outside", async () => {
  const yard = open();
  yard.write("codes.csv", "code\nA\nB\n");
  yard.write("in.csv", "id,code\n1,A\n2,C\n");
  const codes = ingest("bronze.codes", { from: csv("codes.csv"), columns: { code: text() } });
  const things = ingest(TABLE, {
    from: csv("in.csv"),
    columns: { id: integer(), kind: text().from("code") },
    rules: { "kind is known": sql`exists (select 1 from ${codes} c where c.code = kind)` },
  });
  await yard.run([things, codes]);
  assert.deepEqual(await yard.rows(), [{ id: 1, kind: "A" }]);
});

test("parameters reach rules as values", async () => {
  const yard = open();
  const limit = param("max_age", { default: 10 });
  yard.write("in.csv", "n\n5\n15\n");
  const table = ingest(TABLE, {
    from: csv("in.csv"),
    columns: { n: integer() },
    rules: { "n is small": sql`n <= ${limit}` },
  });
  await yard.run([table], { params: { max_age: "20" } });
  assert.equal((await yard.rows()).length, 2);
});

test("SQL that cannot run is found by the plan, with its place", async () => {
  const yard = open();
  yard.write("in.csv", "n\n5\n");
  const columns = { n: integer() };
  const from = csv("in.csv");
  const refuses = (table: ReturnType<typeof ingest>, words: RegExp) =>
    assert.rejects(yard.run([table]), (error: Error & { code?: string }) => {
      assert.match(error.message, words);
      return true;
    });
  await refuses(
    ingest(TABLE, { from, columns, rules: { x: sql`nope > 1` } }),
    /rule "x".*rule\.test\.ts:\d+.*nope/s,
  );
  await refuses(ingest(TABLE, { from, columns, where: sql`n >` }), /where.*rule\.test\.ts:\d+/s);
  await refuses(
    ingest(TABLE, { from, columns: { n: integer().clean((v) => sql`nofunction(${v})`) } }),
    /clean\(\) of column "n".*nofunction/s,
  );
  await refuses(
    ingest(TABLE, { from, columns: { n: integer().check((n) => sql`${n} = 'a' and`, "x") } }),
    /check\(\) of column "n"/,
  );
  await refuses(
    ingest(TABLE, { from, columns: { n: text().matches("(?=a)") } }),
    /pattern of column "n"/,
  );
  await refuses(
    ingest(TABLE, { from, columns: { n: date().between("2024-01-01", "2024-02-30") } }),
    /column "n" is compared with "2024-02-30", which is no date/,
  );
  assert.throws(
    () => ingest(TABLE, { from, columns: { n: text().oneOf([]) } }),
    /oneOf\(\) of the column "n"/,
  );
});

test("records for which where does not hold are filtered and counted, and neither judged nor kept", async () => {
  const landed = await landCsv(
    [
      ["1", "SG", "x"],
      ["1", "DE", "x"],
      ["x", "DE", "x"],
      ["x", "SG", "x"],
      ["2", null, "y"],
    ],
    { id: integer(), country: text().optional(), t: text() },
    { where: sql`country = 'SG'` },
  );
  assert.deepEqual(landed.rows, [{ id: 1, country: "SG", t: "x" }]);
  assert.deepEqual(landed.ledger, {
    read: 5,
    written: 1,
    quarantined: 1,
    deduplicated: 0,
    filtered: 3,
  });
  assert.equal(landed.rejected[0]?.line, 5);
});

test("a record whose where cannot be told because its column failed is rejected and not filtered", async () => {
  const landed = await landCsv([["x"], ["1"], ["5"]], { n: integer() }, { where: sql`n > 2` });
  assert.deepEqual(column(landed, "n"), [5]);
  assert.deepEqual(landed.ledger, {
    read: 3,
    written: 1,
    quarantined: 1,
    deduplicated: 0,
    filtered: 1,
  });
});

test("a value of a million characters is kept whole in the record and cut in its reason", async () => {
  const long = "x".repeat(1_000_000);
  const landed = await landCsv([[long]], { n: integer() });
  const [entry] = landed.rejected;
  assert.equal(entry?.raw, `{"n":"${long}"}`);
  assert.equal(entry?.reasons[0]?.length, "n|type|is not a whole number of 32 bits|".length + 1000);
});
