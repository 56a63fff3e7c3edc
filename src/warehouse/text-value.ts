/** Values as text in DuckDB SQL, for files that people and programs of any kind read: every digit, ISO 8601, no wish of the session. */

import type { DataType, MapType, StructType } from "../schema/type.ts";
import { quoteText } from "../sql/quote.ts";

/**
 * The SQL for a value's text; null stays null. Instants are ISO 8601 in UTC with `Z`, wall-clock
 * times the same without it, binary is base64, nested values are JSON.
 */
export function textOf(value: string, type: DataType): string {
  if (typeof type === "object") {
    return type.kind === "decimal" ? decimalText(value) : jsonOf(value, type);
  }
  if (type === "binary") return `to_base64(${value})`;
  if (type === "timestamp") {
    const iso = `${isoText(`(${value} at time zone 'UTC')`)} || 'Z'`;
    return `case when isfinite(${value}) then ${iso} else ${value}::varchar end`;
  }
  return type === "timestamp_ntz" ? isoText(value) : `${value}::varchar`;
}

/**
 * The SQL for a value's JSON text; null stays null. DuckDB's own `to_json` is not used for more than
 * texts: it writes NaN as no JSON has it, decimals as `.5`, and floats with digits they never had.
 */
function jsonOf(value: string, type: DataType, depth = 0): string {
  if (typeof type === "string") return primitiveJson(value, type);
  switch (type.kind) {
    case "decimal":
      return decimalText(value);
    case "array": {
      const element = `element_${depth}`;
      const json = jsonOrNull(element, type.element, depth + 1);
      return `('[' || array_to_string(list_transform(${value}, ${element} -> ${json}), ',') || ']')`;
    }
    case "map":
      return mapJson(value, type, depth);
    case "struct":
      return structJson(value, type, depth);
  }
}

/** A member of a JSON object: its name, and the SQL of its value. */
export interface Member {
  readonly name: string;
  readonly type: DataType;
  readonly value: string;
}

/** The SQL for the text of a JSON object; a null value is JSON's. */
export function jsonObject(members: readonly Member[], depth = 0): string {
  const texts = members.map(({ name, type, value }, index) => {
    const key = quoteText(`${index === 0 ? "" : ","}${JSON.stringify(name)}:`);
    return `${key}, ${jsonOrNull(value, type, depth)}`;
  });
  return `concat('{', ${[...texts, "'}'"].join(", ")})`;
}

function jsonOrNull(value: string, type: DataType, depth: number): string {
  return `coalesce(${jsonOf(value, type, depth)}, 'null')`;
}

function primitiveJson(value: string, type: Exclude<DataType, object>): string {
  switch (type) {
    case "string":
      return `to_json(${value}::varchar)::varchar`;
    case "float":
    case "double":
      return `case when isfinite(${value}) then ${value}::varchar when isnan(${value}) then '"NaN"' when ${value} > 0 then '"Infinity"' when ${value} < 0 then '"-Infinity"' end`;
    case "date":
    case "timestamp":
    case "timestamp_ntz":
    case "binary":
      return `('"' || (${textOf(value, type)}) || '"')`;
    default:
      return `${value}::varchar`;
  }
}

/** JSON has text for keys and nothing else. */
function mapJson(value: string, type: MapType, depth: number): string {
  const entry = `entry_${depth}`;
  const key = `to_json(${textOf(fieldOf(entry, "key"), type.key)})::varchar`;
  const member = `${key} || ':' || ${jsonOrNull(fieldOf(entry, "value"), type.value, depth + 1)}`;
  return `('{' || array_to_string(list_transform(map_entries(${value}), ${entry} -> ${member}), ',') || '}')`;
}

function structJson(value: string, { fields }: StructType, depth: number): string {
  const members = fields.map(({ name, type }) => ({
    name,
    type,
    value: fieldOf(value, name),
  }));
  const json = jsonObject(members, depth);
  return `case when ${value} is null then null else ${json} end`;
}

/** With a dot, a column of the query could take the place of a lambda's parameter. */
function fieldOf(struct: string, name: string): string {
  return `struct_extract(${struct}, ${quoteText(name)})`;
}

/** DuckDB writes no zero before the point where all digits stand behind it. */
function decimalText(value: string): string {
  return `regexp_replace(${value}::varchar, '^(-?)\\.', '\\10.')`;
}

function isoText(value: string): string {
  return `replace(${value}::varchar, ' ', 'T')`;
}
