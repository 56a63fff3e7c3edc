/** The types a value of a table can have: Delta's own type names, shared by contracts, engines and the log. */

export type PrimitiveType =
  | "string"
  | "long"
  | "integer"
  | "short"
  | "byte"
  | "float"
  | "double"
  | "boolean"
  | "binary"
  | "date"
  /** An instant, microseconds, UTC. */
  | "timestamp"
  /** A wall-clock time without a zone, microseconds. */
  | "timestamp_ntz"
  /** A column that is always null. */
  | "void";

interface DecimalType {
  readonly kind: "decimal";
  readonly precision: number;
  readonly scale: number;
}

interface ArrayType {
  readonly kind: "array";
  readonly element: DataType;
  readonly containsNull: boolean;
}

export interface MapType {
  readonly kind: "map";
  readonly key: DataType;
  readonly value: DataType;
  readonly valueContainsNull: boolean;
}

export interface StructType {
  readonly kind: "struct";
  readonly fields: readonly Field[];
}

export type DataType = PrimitiveType | DecimalType | ArrayType | MapType | StructType;

export interface Field {
  readonly name: string;
  readonly type: DataType;
  readonly nullable: boolean;
  /** Delta's column metadata, kept as found: comments, column mapping ids, invariants. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}
