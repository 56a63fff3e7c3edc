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
  const type = readType(value, { table, column: "", depth: 0 });
  if (typeof type === "string" || type.kind !== "struct") throw badSchema(table, "is not a struct");
  return type.fields;
}

/** A type that is not nested, by its name in the log; undefined where we do not know it. */
export function parseTypeName(name: string): DataType | undefined {
  if (PRIMITIVES.includes(name)) return name as PrimitiveType;
  if (name === "null") return "void";
  if (name === "decimal") return { kind: "decimal", precision: 10, scale: 0 };
  const [, precision, scale] = /^decimal\(\s*(\d+)\s*,\s*(\d+)\s*\)$/.exec(name) ?? [];
  const type = { kind: "decimal", precision: Number(precision), scale: Number(scale) } as const;
  const isDecimal = type.precision > 0 && type.precision <= 38 && type.scale <= type.precision;
  return isDecimal ? type : undefined;
}

export function renderSchema(fields: readonly Field[]): string {
  return renderJson(typeJson({ kind: "struct", fields }));
}

interface Place {
  readonly table: string;
  readonly column: string;
  readonly depth: number;
}

const LONGEST_SHOWN = 200;

/** Deeper ones are no table's but those that mean harm to whoever follows them. */
const DEEPEST = 200;

function readType(value: unknown, place: Place): DataType {
  const { table, column } = place;
  if (typeof value === "string") {
    const type = parseTypeName(value);
    if (type === undefined) throw unknownType(value, table, column);
    return type;
  }
  if (!isJsonObject(value)) throw badSchema(table, `has no type for column "${shown(column)}"`);
  if (place.depth > DEEPEST) throw badSchema(table, `is nested deeper than ${DEEPEST} levels`);
  switch (value.type) {
    case "struct":
      return { kind: "struct", fields: readFields(value.fields, place) };
    case "array":
      return {
        kind: "array",
        element: readType(value.elementType, inside(place, "element")),
        containsNull: value.containsNull !== false,
      };
    case "map":
      return {
        kind: "map",
        key: readType(value.keyType, inside(place, "key")),
        value: readType(value.valueType, inside(place, "value")),
        valueContainsNull: value.valueContainsNull !== false,
      };
    default:
      throw unknownType(typeof value.type === "string" ? value.type : "no name", table, column);
  }
}

function inside({ table, column, depth }: Place, name: string): Place {
  return { table, column: column === "" ? name : `${column}.${name}`, depth: depth + 1 };
}

function readFields(value: unknown, place: Place): Field[] {
  const { table } = place;
  if (!Array.isArray(value)) throw badSchema(table, "has a struct without fields");
  return value.map((field: unknown) => {
    if (!isJsonObject(field) || typeof field.name !== "string") {
      throw badSchema(table, "has a column without a name");
    }
    return {
      name: field.name,
      type: readType(field.type, inside(place, field.name)),
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
    `The table ${table} has column "${shown(column)}" of type ${shown(name)}, which Millrace does not read.`,
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

/** Names in a damaged log may be of any length. */
function shown(name: string): string {
  return name.length > LONGEST_SHOWN ? `${name.slice(0, LONGEST_SHOWN)}...` : name;
}
