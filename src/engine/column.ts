/** The table type of each DuckDB type, and whether a column may go into Parquet as it is. */

import {
  DuckDBArrayType,
  type DuckDBConnection,
  DuckDBDecimalType,
  DuckDBListType,
  DuckDBMapType,
  DuckDBStructType,
  type DuckDBType,
  DuckDBTypeId,
} from "@duckdb/node-api";
import type { DataType, Field } from "../schema/type.ts";

/** Types that mean the same in a table; every other one is text. */
const PLAIN: ReadonlyMap<DuckDBTypeId, DataType> = new Map<DuckDBTypeId, DataType>([
  [DuckDBTypeId.BOOLEAN, "boolean"],
  [DuckDBTypeId.TINYINT, "byte"],
  [DuckDBTypeId.SMALLINT, "short"],
  [DuckDBTypeId.INTEGER, "integer"],
  [DuckDBTypeId.BIGINT, "long"],
  [DuckDBTypeId.FLOAT, "float"],
  [DuckDBTypeId.DOUBLE, "double"],
  [DuckDBTypeId.VARCHAR, "string"],
  [DuckDBTypeId.BLOB, "binary"],
  [DuckDBTypeId.DATE, "date"],
  [DuckDBTypeId.TIMESTAMP, "timestamp_ntz"],
  [DuckDBTypeId.TIMESTAMP_TZ, "timestamp"],
]);

/** Types that a cast brings to one of the plain types without losing a value that fits. */
const WIDENED: ReadonlyMap<DuckDBTypeId, DataType> = new Map<DuckDBTypeId, DataType>([
  [DuckDBTypeId.UTINYINT, "short"],
  [DuckDBTypeId.USMALLINT, "integer"],
  [DuckDBTypeId.UINTEGER, "long"],
  [DuckDBTypeId.UBIGINT, { kind: "decimal", precision: 20, scale: 0 }],
  [DuckDBTypeId.HUGEINT, { kind: "decimal", precision: 38, scale: 0 }],
  [DuckDBTypeId.UHUGEINT, { kind: "decimal", precision: 38, scale: 0 }],
  [DuckDBTypeId.TIMESTAMP_S, "timestamp_ntz"],
  [DuckDBTypeId.TIMESTAMP_MS, "timestamp_ntz"],
  [DuckDBTypeId.TIMESTAMP_NS, "timestamp_ntz"],
  [DuckDBTypeId.SQLNULL, "void"],
]);

/** The type that a table gives to a column of this DuckDB type. */
function typeOfColumn(type: DuckDBType): DataType {
  if (type instanceof DuckDBDecimalType) {
    return { kind: "decimal", precision: type.width, scale: type.scale };
  }
  if (type instanceof DuckDBListType || type instanceof DuckDBArrayType) {
    return { kind: "array", element: typeOfColumn(type.valueType), containsNull: true };
  }
  if (type instanceof DuckDBMapType) {
    return {
      kind: "map",
      key: typeOfColumn(type.keyType),
      value: typeOfColumn(type.valueType),
      valueContainsNull: true,
    };
  }
  if (type instanceof DuckDBStructType) {
    return { kind: "struct", fields: fieldsOf(type.entryNames, type.entryTypes) };
  }
  return PLAIN.get(type.typeId) ?? WIDENED.get(type.typeId) ?? "string";
}

export function fieldsOf(names: readonly string[], types: readonly DuckDBType[]): Field[] {
  return types.map((type, index) => ({
    name: names[index] ?? "",
    type: typeOfColumn(type),
    nullable: true,
  }));
}

/** False where Parquet would hold another type than the table says: unsigned, huge, UUID, JSON and so on. */
export function isSafeInParquet(type: DuckDBType): boolean {
  if (type instanceof DuckDBDecimalType) return true;
  if (type instanceof DuckDBListType) return isSafeInParquet(type.valueType);
  if (type instanceof DuckDBMapType) {
    return isSafeInParquet(type.keyType) && isSafeInParquet(type.valueType);
  }
  if (type instanceof DuckDBStructType) return type.entryTypes.every(isSafeInParquet);
  return PLAIN.has(type.typeId) && type.alias === undefined;
}

export interface Columns {
  readonly names: readonly string[];
  readonly types: readonly DuckDBType[];
}

/** The columns of a query, which is bound but not run. */
export async function columnsOf(connection: DuckDBConnection, query: string): Promise<Columns> {
  const prepared = await connection.prepare(query);
  try {
    const indexes = Array.from({ length: prepared.columnCount }, (_, index) => index);
    return {
      names: indexes.map((index) => prepared.columnName(index)),
      types: indexes.map((index) => prepared.columnType(index)),
    };
  } finally {
    prepared.destroySync();
  }
}
