/** A table's columns as the JSON text in the log, and back. */

import { MillraceError } from "../base/error.ts";
import { isJsonObject, parseJson, renderJson } from "../base/json.ts";
import type { DataType, Field, PrimitiveType } from "../schema/type.ts";

const PRIMITIVES: readonly string[] = [
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
] satisfies PrimitiveType[];

/** Parses `schemaString`; `table` is for the message. Types we do not know are `delta/unsupported-type`. */
export function parseSchema(schemaString: string, table: string): readonly Field[] {
  let value: unknown;
  try {
    value = parseJson(schemaString);
  } catch (error) {
    throw badSchema(table, "is not JSON", error);
  }
  const type = readType(value, table, "");
  if (typeof type === "string" || type.kind !== "struct") throw badSchema(table, "is not a struct");
  return type.fields;
}

/** A type that is not nested, by its name in the log; undefined where we do not know it. */
export function parseTypeName(name: string): DataType | undefined {
  if (PRIMITIVES.includes(name)) return name as PrimitiveType;
  if (name === "null") return "void";
  if (name === "decimal") return { kind: "decimal", precision: 10, scale: 0 };
  const [, precision, scale] = /^decimal\(\s*(\d+)\s*,\s*(-?\d+)\s*\)$/.exec(name) ?? [];
  if (precision === undefined) return undefined;
  return { kind: "decimal", precision: Number(precision), scale: Number(scale) };
}

export function renderSchema(fields: readonly Field[]): string {
  return renderJson(typeJson({ kind: "struct", fields }));
}

function readType(value: unknown, table: string, column: string): DataType {
  if (typeof value === "string") {
    const type = parseTypeName(value);
    if (type === undefined) throw unknownType(value, table, column);
    return type;
  }
  if (!isJsonObject(value)) throw badSchema(table, `has no type for column "${column}"`);
  switch (value.type) {
    case "struct":
      return { kind: "struct", fields: readFields(value.fields, table, column) };
    case "array":
      return {
        kind: "array",
        element: readType(value.elementType, table, `${column}.element`),
        containsNull: value.containsNull !== false,
      };
    case "map":
      return {
        kind: "map",
        key: readType(value.keyType, table, `${column}.key`),
        value: readType(value.valueType, table, `${column}.value`),
        valueContainsNull: value.valueContainsNull !== false,
      };
    default:
      throw unknownType(String(value.type), table, column);
  }
}

function readFields(value: unknown, table: string, parent: string): Field[] {
  if (!Array.isArray(value)) throw badSchema(table, "has a struct without fields");
  return value.map((field: unknown) => {
    if (!isJsonObject(field) || typeof field.name !== "string") {
      throw badSchema(table, "has a column without a name");
    }
    const column = parent === "" ? field.name : `${parent}.${field.name}`;
    return {
      name: field.name,
      type: readType(field.type, table, column),
      nullable: field.nullable !== false,
      ...(isJsonObject(field.metadata) && Object.keys(field.metadata).length > 0
        ? { metadata: field.metadata }
        : {}),
    };
  });
}

function typeJson(type: DataType): unknown {
  if (typeof type === "string") return type;
  switch (type.kind) {
    case "decimal":
      return `decimal(${type.precision},${type.scale})`;
    case "array":
      return {
        type: "array",
        elementType: typeJson(type.element),
        containsNull: type.containsNull,
      };
    case "map":
      return {
        type: "map",
        keyType: typeJson(type.key),
        valueType: typeJson(type.value),
        valueContainsNull: type.valueContainsNull,
      };
    case "struct":
      return {
        type: "struct",
        fields: type.fields.map(({ name, type: inner, nullable, metadata }) => ({
          name,
          type: typeJson(inner),
          nullable,
          metadata: metadata ?? {},
        })),
      };
  }
}

function unknownType(name: string, table: string, column: string): MillraceError {
  return new MillraceError(
    `The table ${table} has column "${column}" of type ${name}, which Millrace does not read.`,
    {
      code: "delta/unsupported-type",
      hint: "Leave the column out with the engine that wrote the table, or cast it there.",
    },
  );
}

function badSchema(table: string, what: string, cause?: unknown): MillraceError {
  return new MillraceError(`The schema of table ${table} ${what}.`, {
    code: "delta/corrupt-log",
    hint: "The newest metaData action is damaged; read an older version of the table.",
    cause,
  });
}
