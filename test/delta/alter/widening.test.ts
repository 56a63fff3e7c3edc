/** Types that grow while the files keep the narrow ones: every pair of the protocol, at every depth. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { MillraceError } from "../../../src/base/error.ts";
import { alterTable } from "../../../src/delta/alter/alter.ts";
import type { Snapshot } from "../../../src/delta/snapshot.ts";
import { isWidening } from "../../../src/delta/widening.ts";
import type { Cell } from "../../../src/engine/engine.ts";
import { duckdbType } from "../../../src/engine/type.ts";
import type { DataType } from "../../../src/schema/type.ts";
import { column, type Lake, openLake } from "../lake.ts";

let lake: Lake;
before(async () => {
  lake = await openLake();
});
after(() => lake.close());

const allowed = { "delta.enableTypeWidening": "true" };
const decimal = (precision: number, scale: number): DataType => ({
  kind: "decimal",
  precision,
  scale,
});

let tables = 0;
const create = (type: DataType, configuration: Record<string, string> = allowed) => {
  tables += 1;
  return lake.create(`t${tables}`, {
    fields: [column("id", "long"), column("v", type)],
    configuration,
  });
};
const widen = (base: Snapshot, path: string[], type: DataType) =>
  alterTable(lake.context, base, { change: "change column", column: path, type });

const refusal = (code: string, pattern: RegExp) => (error: unknown) => {
  assert.ok(error instanceof MillraceError, String(error));
  assert.equal(error.code, code, error.message);
  assert.match(`${error.message} ${error.hint}`, pattern);
  return true;
};

/** From, to, an old value, and how it reads afterwards. */
const pairs: [DataType, DataType, string, Cell][] = [
  ["byte", "short", "-128", -128],
  ["byte", "integer", "127", 127],
  ["byte", "long", "127", 127n],
  ["short", "integer", "-32768", -32768],
  ["short", "long", "32767", 32767n],
  ["integer", "long", "-2147483648", -2147483648n],
  ["byte", "double", "-128", -128],
  ["short", "double", "32767", 32767],
  ["integer", "double", "2147483647", 2147483647],
  ["float", "double", "0.1", Math.fround(0.1)],
  ["date", "timestamp_ntz", "DATE '1969-07-20'", "1969-07-20T00:00:00"],
  ["byte", decimal(10, 0), "-128", "-128"],
  ["short", decimal(12, 2), "32767", "32767.00"],
  ["integer", decimal(14, 4), "2147483647", "2147483647.0000"],
  ["long", decimal(20, 0), "9223372036854775807", "9223372036854775807"],
  ["long", decimal(38, 18), "-9223372036854775808", "-9223372036854775808.000000000000000000"],
  [decimal(4, 2), decimal(5, 2), "99.99", "99.99"],
  [decimal(4, 2), decimal(10, 5), "-99.99", "-99.99000"],
  [decimal(9, 0), decimal(38, 0), "999999999", "999999999"],
];

const nameOf = (type: DataType) => duckdbType(type).toLowerCase();

for (const [from, to, value, expected] of pairs) {
  test(`a column of ${nameOf(from)} becomes ${nameOf(to)}, with its old values, nulls and filters`, async () => {
    const row = (id: number, literal: string, type: DataType) =>
      `SELECT ${id}::BIGINT AS id, CAST(${literal} AS ${duckdbType(type)}) AS v`;
    const base = await lake.append(
      await create(from),
      `${row(1, value, from)} UNION ALL ${row(2, "NULL", from)}`,
    );
    const wider = await widen(base, ["v"], to);
    const more = await lake.append(wider, row(3, `CAST(${value} AS ${duckdbType(from)})`, to));
    assert.deepEqual(await lake.rows(more, "id, v"), [
      { id: 1n, v: expected },
      { id: 2n, v: null },
      { id: 3n, v: expected },
    ]);
    for (const op of ["=", ">=", "<="] as const) {
      const filter = { column: "v", op, value: expected as string | number | bigint };
      const kept = await lake.rows(more, "id", [filter]);
      assert.ok(
        kept.some(({ id }) => id === 1n),
        `${op} lost the old file`,
      );
      assert.ok(
        kept.some(({ id }) => id === 3n),
        `${op} lost the new file`,
      );
    }
    assert.deepEqual(await lake.rows(base, "id"), [{ id: 1n }, { id: 2n }]);
  });
}

test("no pair is allowed but those of the protocol", () => {
  const types: DataType[] = [
    ...(["byte", "short", "integer", "long", "float", "double", "date", "timestamp"] as const),
    ...(["timestamp_ntz", "string", "boolean", "binary", "void"] as const),
    decimal(9, 0),
    decimal(10, 0),
    decimal(10, 2),
    decimal(11, 2),
    decimal(19, 0),
    decimal(20, 0),
    decimal(38, 18),
  ];
  const found = types.flatMap((from) =>
    types.filter((to) => isWidening(from, to)).map((to) => `${nameOf(from)} > ${nameOf(to)}`),
  );
  assert.deepEqual(
    found.toSorted(),
    [
      "bigint > decimal(20, 0)",
      "bigint > decimal(38, 18)",
      "date > timestamp",
      "decimal(10, 0) > decimal(19, 0)",
      "decimal(10, 0) > decimal(20, 0)",
      "decimal(10, 0) > decimal(38, 18)",
      "decimal(10, 2) > decimal(11, 2)",
      "decimal(10, 2) > decimal(38, 18)",
      "decimal(11, 2) > decimal(38, 18)",
      "decimal(19, 0) > decimal(20, 0)",
      "decimal(19, 0) > decimal(38, 18)",
      "decimal(20, 0) > decimal(38, 18)",
      "decimal(9, 0) > decimal(10, 0)",
      "decimal(9, 0) > decimal(11, 2)",
      "decimal(9, 0) > decimal(19, 0)",
      "decimal(9, 0) > decimal(20, 0)",
      "decimal(9, 0) > decimal(38, 18)",
      "float > double",
      ...["integer", "smallint", "tinyint"].flatMap((whole) => [
        `${whole} > bigint`,
        `${whole} > decimal(10, 0)`,
        `${whole} > decimal(19, 0)`,
        `${whole} > decimal(20, 0)`,
        `${whole} > decimal(38, 18)`,
        `${whole} > double`,
      ]),
      "smallint > integer",
      "tinyint > integer",
      "tinyint > smallint",
    ].toSorted(),
  );
});

test("a table that does not declare it widens nothing, by a change or by a schema", async () => {
  const base = await lake.append(
    await create("integer", {}),
    "SELECT 1::BIGINT AS id, 2::INTEGER AS v",
  );
  await assert.rejects(
    widen(base, ["v"], "long"),
    refusal("delta/bad-schema", /does not allow it to become long.*enableTypeWidening/),
  );
  const schema = { fields: [column("id", "long"), column("v", "long")] };
  await assert.rejects(
    lake.append(base, "SELECT 1::BIGINT AS id, 2::BIGINT AS v", { schema }),
    refusal("delta/bad-schema", /holds integer in "v", which would be long/),
  );
});

test("a table that declares it widens by the schema of an append, and remembers", async () => {
  const base = await lake.append(
    await create("integer"),
    "SELECT 1::BIGINT AS id, 2::INTEGER AS v",
  );
  assert.deepEqual(base.protocol.readerFeatures, ["typeWidening"]);
  const schema = { fields: [column("id", "long"), column("v", "long")] };
  const wider = await lake.append(base, "SELECT 2::BIGINT AS id, 3000000000::BIGINT AS v", {
    schema,
  });
  assert.deepEqual(wider.metadata.fields[1]?.metadata, {
    "delta.typeChanges": [{ fromType: "integer", toType: "long" }],
  });
  assert.deepEqual(await lake.rows(wider, "v"), [{ v: 2n }, { v: 3000000000n }]);
});

test("no type shrinks, and none becomes another kind", async () => {
  const base = await create("long");
  for (const type of ["integer", "double", "string", decimal(19, 0)] as const) {
    await assert.rejects(widen(base, ["v"], type), refusal("delta/bad-schema", /cannot become/));
  }
});

test("types inside lists, maps and structs grow, and their column remembers where", async () => {
  const nested: DataType = {
    kind: "array",
    containsNull: true,
    element: {
      kind: "map",
      valueContainsNull: true,
      key: "short",
      value: { kind: "struct", fields: [column("x", "float")] },
    },
  };
  const row = (id: number, key: string, x: string) =>
    `SELECT ${id}::BIGINT AS id, [MAP {1::${key}: {'x': 0.5::${x}}}] AS v`;
  const base = await lake.append(await create(nested), row(1, "SMALLINT", "FLOAT"));
  const keys = await widen(base, ["v", "element", "key"], "integer");
  const again = await widen(keys, ["v", "element", "key"], "long");
  const last = await widen(again, ["v", "element", "value", "x"], "double");
  const more = await lake.append(last, row(2, "BIGINT", "DOUBLE"));
  const cell = [[{ key: 1n, value: { x: 0.5 } }]];
  assert.deepEqual(await lake.rows(more, "id, v"), [
    { id: 1n, v: cell },
    { id: 2n, v: cell },
  ]);
  const [, field] = more.metadata.fields;
  assert.deepEqual(field?.metadata?.["delta.typeChanges"], [
    { fromType: "short", toType: "integer", fieldPath: "element.key" },
    { fromType: "integer", toType: "long", fieldPath: "element.key" },
  ]);
  const type = field?.type;
  assert.ok(typeof type === "object" && type.kind === "array");
  const element = type.element;
  assert.ok(typeof element === "object" && element.kind === "map");
  assert.deepEqual(element.value, {
    kind: "struct",
    fields: [
      {
        ...column("x", "double"),
        metadata: { "delta.typeChanges": [{ fromType: "float", toType: "double" }] },
      },
    ],
  });
});

test("a partition column grows, though its values stand in the log alone", async () => {
  tables += 1;
  const empty = await lake.create(`t${tables}`, {
    fields: [column("id", "long"), column("d", "date"), column("n", "byte")],
    partitionColumns: ["d", "n"],
    configuration: allowed,
  });
  const base = await lake.append(
    empty,
    "SELECT 1::BIGINT AS id, DATE '2024-02-29' AS d, 7::TINYINT AS n",
  );
  const wider = await widen(await widen(base, ["d"], "timestamp_ntz"), ["n"], decimal(12, 2));
  const more = await lake.append(
    wider,
    "SELECT 2::BIGINT AS id, TIMESTAMP '2024-02-29 12:00:00.000001' AS d, 7.25::DECIMAL(12, 2) AS n",
  );
  assert.deepEqual(await lake.rows(more, "id, d, n"), [
    { id: 1n, d: "2024-02-29T00:00:00", n: "7.00" },
    { id: 2n, d: "2024-02-29T12:00:00.000001", n: "7.25" },
  ]);
});

test("a type that replaced all rows starts without the history of the old one", async () => {
  const base = await lake.append(await create("byte"), "SELECT 1::BIGINT AS id, 2::TINYINT AS v");
  const wider = await widen(base, ["v"], "short");
  const schema = { fields: [column("id", "long"), column("v", "string")] };
  const other = await lake.append(wider, "SELECT 1::BIGINT AS id, 'x' AS v", {
    schema,
    remove: "all",
  });
  assert.equal(other.metadata.fields[1]?.metadata?.["delta.typeChanges"], undefined);
});

test("a column that a constraint speaks of keeps its type", async () => {
  const base = await create("byte", { ...allowed, "delta.constraints.low": "v < 9" });
  await assert.rejects(
    widen(base, ["v"], "short"),
    refusal("delta/column-in-use", /cannot be made short: the CHECK constraint low/),
  );
});

test("a change of type that nobody's protocol knows is refused to readers by name", async () => {
  const base = await create("long");
  const odd = {
    ...column("v", "long"),
    metadata: { "delta.typeChanges": [{ fromType: "string", toType: "long" }] },
  };
  await assert.rejects(
    lake.append(base, "SELECT 1::BIGINT AS id, 2::BIGINT AS v", {
      schema: { fields: [column("id", "long"), odd] },
    }),
    refusal("delta/unsupported-to-read", /change of type of column "v" from string to long/),
  );
  assert.equal((await lake.open(base.folder)).version, base.version);
});
