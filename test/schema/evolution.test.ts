/** What becomes of a table whose rows get another shape. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { evolve, isSameType, renderType } from "../../src/schema/evolution.ts";
import type { DataType, Field } from "../../src/schema/type.ts";

const field = (name: string, type: DataType): Field => ({ name, type, nullable: true });
const decimal = (precision: number, scale: number): DataType => ({
  kind: "decimal",
  precision,
  scale,
});
const array = (element: DataType): DataType => ({ kind: "array", element, containsNull: true });

const WIDER: readonly (readonly [DataType, DataType])[] = [
  ["byte", "short"],
  ["short", "long"],
  ["integer", "long"],
  ["integer", "double"],
  ["float", "double"],
  ["date", "timestamp_ntz"],
  ["integer", decimal(10, 0)],
  ["integer", decimal(12, 2)],
  ["long", decimal(19, 0)],
  [decimal(10, 2), decimal(12, 2)],
  [decimal(10, 2), decimal(12, 4)],
];
const NOT_WIDER: readonly (readonly [DataType, DataType])[] = [
  ["long", "integer"],
  ["long", "double"],
  ["double", "float"],
  ["integer", "float"],
  ["integer", "string"],
  ["string", "integer"],
  ["timestamp", "timestamp_ntz"],
  ["timestamp_ntz", "date"],
  ["date", "timestamp"],
  ["integer", decimal(9, 0)],
  ["integer", decimal(11, 2)],
  [decimal(10, 2), decimal(10, 4)],
  [decimal(10, 2), decimal(12, 1)],
  [decimal(10, 2), "double"],
  ["boolean", "integer"],
  [array("integer"), array("long")],
  ["string", array("string")],
];

test("a type is wider only where every old value fits exactly", () => {
  const kindOf = (from: DataType, to: DataType): string => {
    const { widened, incompatible } = evolve([field("a", from)], [field("a", to)]);
    return widened.length > 0 ? "widened" : incompatible.length > 0 ? "incompatible" : "same";
  };
  for (const [from, to] of WIDER)
    assert.equal(kindOf(from, to), "widened", `${renderType(from)} to ${renderType(to)}`);
  for (const [from, to] of NOT_WIDER)
    assert.equal(kindOf(from, to), "incompatible", `${renderType(from)} to ${renderType(to)}`);
});

test("old columns keep their order and spelling, new ones come last, missing ones stay", () => {
  const { fields, added, unused, widened, incompatible } = evolve(
    [field("Id", "integer"), field("gone", "string"), field("name", "string")],
    [field("extra", "date"), field("name", "string"), field("id", "long")],
  );
  assert.deepEqual(
    fields.map(({ name, type }) => [name, type]),
    [
      ["Id", "long"],
      ["gone", "string"],
      ["name", "string"],
      ["extra", "date"],
    ],
  );
  assert.deepEqual(
    [added.map(({ name }) => name), unused, widened.map(({ name }) => name), incompatible],
    [["extra"], ["gone"], ["Id"], []],
  );
});

test("types are the same whatever may be null inside, and another where a name inside differs", () => {
  const struct = (name: string): DataType => ({ kind: "struct", fields: [field(name, "long")] });
  assert.ok(isSameType(array("long"), { kind: "array", element: "long", containsNull: false }));
  assert.equal(isSameType(struct("a"), struct("b")), false);
  const map: DataType = { kind: "map", key: "string", value: struct("a"), valueContainsNull: true };
  assert.equal(renderType(array(map)), "array<map<string, struct<a: long>>>");
});

test("fields inside structs join, widen and stay where that is asked for, and are another type elsewhere", () => {
  const struct = (...fields: Field[]): DataType => ({ kind: "struct", fields });
  const before = [field("s", struct(field("a", "integer"), field("b", "string")))];
  const wanted = [field("S", struct(field("c", "date"), field("A", "long")))];
  assert.equal(evolve(before, wanted).incompatible.length, 1);
  const { fields, added, widened, incompatible, unused } = evolve(before, wanted, { inside: true });
  assert.deepEqual(fields, [
    field("s", struct(field("a", "long"), field("b", "string"), field("c", "date"))),
  ]);
  assert.deepEqual(
    [added.map(({ name }) => name), widened.map(({ name }) => name), unused, incompatible],
    [["s.c"], ["s.a"], ["s.b"], []],
  );
  const list = (element: DataType): Field[] => [field("l", array(element))];
  const deeper = evolve(list(before[0]?.type ?? "void"), list(wanted[0]?.type ?? "void"), {
    inside: true,
  });
  assert.deepEqual(
    deeper.added.map(({ name }) => name),
    ["l.element.c"],
  );
  const other = evolve(before, [field("s", struct(field("z", "integer")))], { inside: true });
  assert.deepEqual(
    other.incompatible.map(({ name }) => name),
    ["s"],
  );
  assert.deepEqual(other.fields, before);
});
