/** How new rows meet those that a table holds, as a person declares it. */

import { anything, checkOptions, text, wrongOption } from "../base/option.ts";

/** One row for each key: a new row takes the place of the one that is there. */
interface Merge<K extends string> {
  readonly merge: K | readonly K[];
  /** The column that tells which of two rows with one key is newer; the greatest value wins, null loses. */
  readonly newest?: K;
}

export type Write<K extends string> = "append" | "overwrite" | Merge<K>;

/** What was checked once. */
export interface MergeKey {
  readonly key: readonly string[];
  readonly newest: string | undefined;
}

export interface CheckedWrite {
  readonly write: "append" | "overwrite" | "merge";
  /** Where `write` is `merge`. */
  readonly merge: MergeKey | undefined;
}

const WANTED =
  '"append", "overwrite" or { merge: "id" }, with newest: "updated_at" where rows may come in any order';

/** Throws `project/bad-option` for what is no way of writing; whether the columns are there is asked elsewhere. */
export function checkWrite(
  write: Write<string> | undefined,
  { place, usual }: { readonly place: string; readonly usual: "append" | "overwrite" },
): CheckedWrite {
  if (write === undefined) return { write: usual, merge: undefined };
  if (write === "append" || write === "overwrite") return { write, merge: undefined };
  const name = `The option write of ${place}`;
  if (typeof write !== "object" || write === null) throw wrongOption(name, write, WANTED);
  if ("changes" in write) {
    const wanted = `{ merge: ... } here: { changes: ... } takes in the inserts, updates and deletes of a database, and no source of this kind is declared`;
    throw wrongOption(name, write, wanted);
  }
  if (!("merge" in write)) throw wrongOption(name, write, WANTED);
  const { merge, newest } = checkOptions(`write of ${place}`, write, {
    merge: anything,
    newest: text,
  });
  const key = typeof merge === "string" ? [merge] : merge;
  const isList = Array.isArray(key) && key.every((one) => typeof one === "string" && one !== "");
  if (!isList || key.length === 0)
    throw wrongOption(`The option merge of write of ${place}`, merge, "one column or several");
  if (new Set(key).size < key.length)
    throw wrongOption(`The option merge of write of ${place}`, merge, "columns, each once");
  return { write: "merge", merge: Object.freeze({ key: Object.freeze([...key]), newest }) };
}

/** The columns that a way of writing names. */
export function columnsOfWrite({ merge }: CheckedWrite): readonly string[] {
  return merge === undefined ? [] : [...merge.key, ...(merge.newest ? [merge.newest] : [])];
}
