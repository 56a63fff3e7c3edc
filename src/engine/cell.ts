/** How DuckDB's values become cells: each has the form of the type that `describe` gives its column. */

import {
  DuckDBArrayType,
  DuckDBArrayValue,
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBListType,
  DuckDBListValue,
  DuckDBMapType,
  DuckDBMapValue,
  DuckDBStructType,
  DuckDBStructValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  type DuckDBType,
  DuckDBTypeId,
  type DuckDBValue,
  DuckDBVariantValue,
} from "@duckdb/node-api";
import { dateText, instantText } from "./calendar.ts";
import type { Cell } from "./engine.ts";

export type CellReader = (value: DuckDBValue) => Cell;

/** The reader for one column, made once and used for each of its values. */
export function cellReader(type: DuckDBType): CellReader {
  const read = readerOf(type);
  return (value) => (value === null ? null : read(value));
}

function readerOf(type: DuckDBType): CellReader {
  if (type instanceof DuckDBListType || type instanceof DuckDBArrayType) {
    const item = cellReader(type.valueType);
    return (value) => {
      if (!(value instanceof DuckDBListValue || value instanceof DuckDBArrayValue))
        return odd(type);
      return value.items.map(item);
    };
  }
  if (type instanceof DuckDBStructType) {
    const entries = type.entryNames.map((name, index) => {
      const entryType = type.entryTypes[index];
      return [name, entryType === undefined ? odd(type) : cellReader(entryType)] as const;
    });
    return (value) => {
      if (!(value instanceof DuckDBStructValue)) return odd(type);
      return Object.fromEntries(
        entries.map(([name, read]) => [
          name,
          read(Object.hasOwn(value.entries, name) ? (value.entries[name] ?? null) : null),
        ]),
      );
    };
  }
  if (type instanceof DuckDBMapType) {
    const key = cellReader(type.keyType);
    const item = cellReader(type.valueType);
    return (value) => {
      if (!(value instanceof DuckDBMapValue)) return odd(type);
      return value.entries.map((entry) => ({ key: key(entry.key), value: item(entry.value) }));
    };
  }
  return SCALAR.get(type.typeId) ?? String;
}

const same: CellReader = (value) =>
  typeof value === "boolean" || typeof value === "number" || typeof value === "bigint"
    ? value
    : String(value);

/** Types that are not text: all others print themselves. */
const SCALAR: ReadonlyMap<DuckDBTypeId, CellReader> = new Map<DuckDBTypeId, CellReader>([
  [DuckDBTypeId.BOOLEAN, same],
  [DuckDBTypeId.TINYINT, same],
  [DuckDBTypeId.SMALLINT, same],
  [DuckDBTypeId.INTEGER, same],
  [DuckDBTypeId.BIGINT, same],
  [DuckDBTypeId.UTINYINT, same],
  [DuckDBTypeId.USMALLINT, same],
  [DuckDBTypeId.UINTEGER, (value) => (typeof value === "number" ? BigInt(value) : same(value))],
  [DuckDBTypeId.FLOAT, same],
  [DuckDBTypeId.DOUBLE, same],
  // A copy, because the driver's bytes live in the chunk's memory.
  [
    DuckDBTypeId.BLOB,
    (value) => (value instanceof DuckDBBlobValue ? Uint8Array.from(value.bytes) : String(value)),
  ],
  [
    DuckDBTypeId.DATE,
    (value) => (value instanceof DuckDBDateValue ? dateText(value.days) : String(value)),
  ],
  [
    DuckDBTypeId.TIMESTAMP,
    (value) => (value instanceof DuckDBTimestampValue ? instantText(value.micros) : String(value)),
  ],
  [
    DuckDBTypeId.TIMESTAMP_TZ,
    (value) =>
      value instanceof DuckDBTimestampTZValue ? instantText(value.micros, "Z") : String(value),
  ],
  [
    DuckDBTypeId.TIMESTAMP_S,
    (value) =>
      value instanceof DuckDBTimestampSecondsValue
        ? instantText(value.seconds * 1_000_000n)
        : String(value),
  ],
  [
    DuckDBTypeId.TIMESTAMP_MS,
    (value) =>
      value instanceof DuckDBTimestampMillisecondsValue
        ? instantText(value.millis * 1000n)
        : String(value),
  ],
  [
    DuckDBTypeId.TIMESTAMP_NS,
    (value) =>
      value instanceof DuckDBTimestampNanosecondsValue
        ? instantText(value.nanos / 1000n)
        : String(value),
  ],
  [DuckDBTypeId.SQLNULL, () => null],
  [
    DuckDBTypeId.VARIANT,
    (value) => (value instanceof DuckDBVariantValue ? String(value) : String(value)),
  ],
]);

function odd(type: DuckDBType): never {
  throw new Error(`Bug: the driver gave no value of type ${type}.`);
}
