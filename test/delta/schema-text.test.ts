/** Schemas between the log's text and fields. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { MillraceError } from "../../src/base/error.ts";
import { parseSchema, renderSchema } from "../../src/delta/schema-text.ts";
import type { Field } from "../../src/schema/type.ts";

const names = [
  "string",
  "long",
  "integer",
  "short",
  "byte",
  "float",
  "double",
  "boolean",
  "binary",
  "date",
  "timestamp",
  "timestamp_ntz",
  "void",
] as const;
const decimal = { kind: "decimal", precision: 38, scale: 18 } as const;

test("every type, nested in every way and with its metadata, survives the way to text and back", () => {
  const fields: Field[] = [
    ...names.map((type): Field => ({ name: type, type, nullable: true })),
    {
      name: "m",
      type: decimal,
      nullable: false,
      metadata: { comment: "money", big: 9223372036854775807n },
    },
    {
      name: "a",
      type: {
        kind: "array",
        element: { kind: "array", element: decimal, containsNull: false },
        containsNull: true,
      },
      nullable: true,
    },
    {
      name: "kv",
      type: {
        kind: "map",
        key: "string",
        value: { kind: "struct", fields: [{ name: "x y", type: "long", nullable: true }] },
        valueContainsNull: false,
      },
      nullable: true,
    },
    { name: "empty", type: { kind: "struct", fields: [] }, nullable: true },
  ];
  assert.deepEqual(parseSchema(renderSchema(fields), "t"), fields);
});

test("a type we do not know is refused with the table, the column and its name", () => {
  const schema = (type: unknown) =>
    JSON.stringify({
      type: "struct",
      fields: [
        {
          name: "o",
          nullable: true,
          metadata: {},
          type: { type: "struct", fields: [{ name: "v", type, nullable: true, metadata: {} }] },
        },
      ],
    });
  for (const type of ["variant", "interval day", "geometry(4326)", { type: "udt" }]) {
    assert.throws(
      () => parseSchema(schema(type), "lake/t"),
      (error) => {
        assert.ok(error instanceof MillraceError);
        assert.equal(error.code, "delta/unsupported-type");
        assert.match(
          error.message,
          /lake\/t has column "o\.v" of type (variant|interval day|geometry|udt)/,
        );
        return true;
      },
    );
  }
});

test("older names of types are understood", () => {
  const text =
    '{"type":"struct","fields":[{"name":"n","type":"null"},{"name":"d","type":"decimal"}]}';
  assert.deepEqual(parseSchema(text, "t"), [
    { name: "n", type: "void", nullable: true },
    { name: "d", type: { kind: "decimal", precision: 10, scale: 0 }, nullable: true },
  ]);
});

test("a schema that is no schema is a damaged log", () => {
  for (const text of [
    "",
    "[]",
    '"long"',
    '{"type":"array","elementType":"long"}',
    '{"type":"struct"}',
    '{"type":"struct","fields":[{}]}',
  ]) {
    assert.throws(() => parseSchema(text, "t"), { code: "delta/corrupt-log" });
  }
});
