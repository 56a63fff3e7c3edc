/** What a writer can do to a table, as data: made by chance, printed when it goes wrong, done again by seed. */

/** The first three columns, in this order. `v` may be null; `k` is the partition, and may be null too. */
export interface Row {
  readonly id: number;
  readonly v: number | null;
  readonly k: string | null;
}

/** Columns stand for what they were made as: `v` may have got another name. */
export type Condition =
  | { readonly column: "id" | "v"; readonly op: "<" | "=" | ">="; readonly value: number }
  | { readonly column: "k"; readonly op: "="; readonly value: string }
  | { readonly column: "v" | "k"; readonly op: "is null" };

/** Each holds every value of those of its kind before it. */
export const WHOLE_TYPES = ["byte", "short", "integer", "long"] as const;

export type AddedType = "string" | (typeof WHOLE_TYPES)[number];

/** Beside the first three, columns are told by their number: `nth` of those that are there, counted round. */
export type Operation =
  | { readonly kind: "append"; readonly rows: readonly Row[]; readonly app?: string }
  | { readonly kind: "overwrite"; readonly rows: readonly Row[] }
  | {
      readonly kind: "overwrite partition";
      readonly k: string | null;
      readonly rows: readonly Row[];
    }
  /** In the place of all rows with this `v`, wherever they lie; the rows have it too. */
  | { readonly kind: "overwrite where"; readonly v: number; readonly rows: readonly Row[] }
  | { readonly kind: "delete"; readonly where: Condition }
  /** `v` becomes one more than it was, or the partition another one. */
  | { readonly kind: "update"; readonly where: Condition; readonly k?: string | null }
  /** Rows by `v`, which any number of rows of the table may have: theirs are deleted or take its partition, others come in. */
  | { readonly kind: "merge"; readonly source: readonly Row[]; readonly deletes: boolean }
  /** `key` tells the column from others that had the name before. */
  | {
      readonly kind: "add column";
      readonly name: string;
      readonly type: AddedType;
      readonly key: string;
    }
  /** Of `v`, where `nth` is zero, or of one that was added. */
  | { readonly kind: "rename column"; readonly nth: number; readonly to: string }
  | { readonly kind: "drop column"; readonly nth: number }
  | { readonly kind: "widen column"; readonly nth: number }
  /** That `v` is null or less. */
  | { readonly kind: "add constraint"; readonly name: string; readonly below: number }
  | { readonly kind: "drop constraint"; readonly name: string }
  | { readonly kind: "set property"; readonly key: string; readonly value: string }
  | { readonly kind: "unset property"; readonly key: string }
  | { readonly kind: "optimize"; readonly zOrder: boolean }
  /** Of a version `back` before the newest. */
  | { readonly kind: "restore"; readonly back: number }
  | { readonly kind: "vacuum" }
  | { readonly kind: "checkpoint" }
  | { readonly kind: "clean up" };

/** One step of a sequence: who does what, and whether they look at the table first or act on what they knew. */
export interface Step {
  readonly writer: number;
  readonly looks: boolean;
  readonly operation: Operation;
}
