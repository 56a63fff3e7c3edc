/** How new rows meet those that a table holds, as a person declares it. */

import { anything, checkOptions, oneOf, text, wrongOption } from "../base/option.ts";
import { isSql, type Sql } from "../sql/template.ts";

/** One row for each key: a new row takes the place of the one that is there. */
interface Merge<K extends string> {
  readonly merge: K | readonly K[];
  /** The column that tells which of two rows with one key is newer; the greatest value wins, null loses. */
  readonly newest?: K;
}

export type IngestWrite<K extends string> =
  | "append"
  | "overwrite"
  | (Merge<K> & {
      /** A new row for which this is true takes the row of its key out of the table, and is not put in. */
      readonly deleteWhere?: Sql;
      /**
       * A row that is there gives way only where this is true of `source`, the new row, and `target`, the one that is
       * there; new rows that are turned away so are counted as filtered.
       */
      readonly updateWhere?: Sql;
      /** What is loaded at once is all that there is: rows whose key is not among it are deleted. */
      readonly absent?: "delete";
    });

export type TransformWrite<K extends string> =
  | "append"
  | "overwrite"
  /** The partitions that occur in the result are replaced, others stay. */
  | "overwrite partitions"
  /** The result replaces the rows for which this is true, others stay; it must be true of every row of the result. */
  | { readonly replaceWhere: Sql }
  | (Merge<K> & {
      /** A key whose row, the newest, satisfies this has no row in the table. */
      readonly deleteWhere?: Sql;
    });

/** What was checked once. */
export interface MergeKey {
  readonly key: readonly string[];
  readonly newest: string | undefined;
}

interface CheckedMerge {
  /** Where `write` is `merge`. */
  readonly merge: MergeKey | undefined;
  readonly deleteWhere: Sql | undefined;
}

export interface CheckedIngestWrite extends CheckedMerge {
  readonly write: "append" | "overwrite" | "merge";
  readonly updateWhere: Sql | undefined;
  readonly deletesAbsent: boolean;
}

export interface CheckedTransformWrite extends CheckedMerge {
  readonly write: "append" | "overwrite" | "overwrite partitions" | "replace" | "merge";
  /** Where `write` is `replace`. */
  readonly replaceWhere: Sql | undefined;
}

const MERGE = '{ merge: "id" }, with newest: "updated_at" where rows may come in any order';

/** Throws `project/bad-option` for what is no way of writing; whether the columns are there is asked elsewhere. */
export function checkIngestWrite(
  write: IngestWrite<string> = "append",
  place: string,
): CheckedIngestWrite {
  const plain = { merge: undefined, deleteWhere: undefined, updateWhere: undefined };
  if (write === "append" || write === "overwrite") return { write, ...plain, deletesAbsent: false };
  const given = mergeIn(write, place, `"append", "overwrite" or ${MERGE}`);
  const { deleteWhere, updateWhere, absent, ...how } = checkOptions(`write of ${place}`, given, {
    ...MERGE_OPTIONS,
    updateWhere: condition,
    absent: oneOf("delete"),
  });
  return {
    write: "merge",
    merge: mergeKey(how, place),
    deleteWhere,
    updateWhere,
    deletesAbsent: absent !== undefined,
  };
}

/** The same for a table that a query makes. */
export function checkTransformWrite(
  write: TransformWrite<string> = "overwrite",
  place: string,
): CheckedTransformWrite {
  const plain = { merge: undefined, replaceWhere: undefined, deleteWhere: undefined };
  if (write === "append" || write === "overwrite" || write === "overwrite partitions")
    return { write, ...plain };
  if (typeof write === "object" && write !== null && "replaceWhere" in write) {
    const { replaceWhere } = checkOptions(`write of ${place}`, write, { replaceWhere: condition });
    return { ...plain, write: "replace", replaceWhere };
  }
  const wanted = `"overwrite", "overwrite partitions", { replaceWhere: sql\`...\` }, "append" or ${MERGE}`;
  const given = mergeIn(write, place, wanted);
  const name = `write of ${place}`;
  const { deleteWhere, ...how } = checkOptions<TransformMerge>(name, given, MERGE_OPTIONS);
  return { ...plain, write: "merge", merge: mergeKey(how, place), deleteWhere };
}

/** The columns that a way of writing names. */
export function columnsOfWrite({ merge }: CheckedMerge): readonly string[] {
  return merge === undefined ? [] : [...merge.key, ...(merge.newest ? [merge.newest] : [])];
}

interface MergeGiven {
  readonly merge?: unknown;
  readonly newest?: string;
  readonly deleteWhere?: Sql;
  readonly updateWhere?: Sql;
  readonly absent?: "delete";
}

type TransformMerge = Omit<MergeGiven, "updateWhere" | "absent">;

function condition(value: unknown, name: string): void {
  if (!isSql(value)) throw wrongOption(name, value, "a condition: sql`...`");
}

const MERGE_OPTIONS = { merge: anything, newest: text, deleteWhere: condition };

function mergeIn(write: unknown, place: string, wanted: string): MergeGiven {
  const name = `The option write of ${place}`;
  if (typeof write !== "object" || write === null) throw wrongOption(name, write, wanted);
  if ("changes" in write) {
    const other = `{ merge: ... } here: { changes: ... } takes in the inserts, updates and deletes of a database, and no source of this kind is declared`;
    throw wrongOption(name, write, other);
  }
  if (!("merge" in write)) throw wrongOption(name, write, wanted);
  return write;
}

function mergeKey({ merge, newest }: MergeGiven, place: string): MergeKey {
  const key: unknown = typeof merge === "string" ? [merge] : merge;
  const isList = Array.isArray(key) && key.every((one) => typeof one === "string" && one !== "");
  if (!isList || key.length === 0)
    throw wrongOption(`The option merge of write of ${place}`, merge, "one column or several");
  if (new Set(key).size < key.length)
    throw wrongOption(`The option merge of write of ${place}`, merge, "columns, each once");
  return Object.freeze({ key: Object.freeze([...key]), newest });
}
