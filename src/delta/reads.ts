/** What a change was computed from: the ground that no other commit may have trodden meanwhile. */

import type { AddFile, RemoveFile } from "./action.ts";
import { mappingMode } from "./column-mapping.ts";
import { decodePath } from "./data-path.ts";
import type { Filter } from "./filter.ts";
import { fileTest } from "./skip.ts";
import type { Snapshot } from "./snapshot.ts";

/**
 * `"nothing"`: the rows do not depend on the table (an append). `"whole table"`: any change of rows
 * by another may have made this one wrong. A scope says it closer; what it leaves out was not read.
 *
 * The commit is serializable in what it declares: it stands as if it had been made at once on the
 * version right before it. Another's commit that keeps the rows as they are (`dataChange` false)
 * never conflicts with reading, only with removing the same file.
 */
export type Reads = "nothing" | "whole table" | ReadScope;

/** The members add up: a change that gives several read all of it. */
interface ReadScope {
  /** Applications whose transactions decided about this change; another's going on with one conflicts. */
  readonly appIds?: readonly string[];
  /**
   * All rows that satisfy every filter were read, those also that were not there. Conflicts with rows
   * that another adds or takes away, unless the partition values or statistics of their files prove
   * that none satisfies the filters. Filters on partition columns decide most; no filter is the whole table.
   */
  readonly where?: readonly Filter[];
  /** The rows of these files were read, and no new file could have mattered. Conflicts with taking rows from them. */
  readonly files?: readonly AddFile[];
}

/** True for a file of another's commit whose rows, added or taken away, were or should have been read. */
export type MayHaveRead = (file: AddFile | RemoveFile) => boolean;

/** The test for what `reads` covers of the table that the change was planned on. A filter on no column of it throws. */
export function mayHaveRead(reads: Reads, before: Snapshot | undefined): MayHaveRead {
  if (reads === "nothing" || before === undefined) return () => false;
  if (reads === "whole table") return () => true;
  const places = new Set((reads.files ?? []).map(({ path }) => decodePath(path)));
  const inFiles: MayHaveRead = ({ path }) => places.size > 0 && places.has(decodePath(path));
  if (reads.where === undefined) return inFiles;
  const mayMatch = rowTest(reads.where, before);
  return (file) => inFiles(file) || mayMatch(file);
}

/** True where the change depends on rows of the table. */
export function readsRows(reads: Reads): boolean {
  if (typeof reads === "string") return reads !== "nothing";
  return reads.where !== undefined || (reads.files ?? []).length > 0;
}

/** A removal says less of its file than the add of it, so a file known before is judged by that. */
function rowTest(where: readonly Filter[], { metadata, protocol, files }: Snapshot): MayHaveRead {
  const { fields, partitionColumns, configuration } = metadata;
  const mode = mappingMode(protocol, configuration);
  const test = fileTest({ fields, partitionColumns, mode }, where);
  let known: ReadonlyMap<string, AddFile> | undefined;
  return (file) => {
    if ("modificationTime" in file) return test(file);
    known ??= new Map(files.map((each) => [decodePath(each.path), each]));
    const add = known.get(decodePath(file.path));
    if (add !== undefined) return test(add);
    const { partitionValues } = file;
    return (
      partitionValues === undefined ||
      test({ ...file, partitionValues, size: 0, modificationTime: 0 })
    );
  };
}
