/** From a snapshot to the files an engine reads. */

import { readFile } from "node:fs/promises";
import { MillraceError, systemCodeOf } from "../base/error.ts";
import { mapInOrder } from "../base/parallel.ts";
import type { ScanFile, TableFiles } from "../schema/table-files.ts";
import type { Field } from "../schema/type.ts";
import type { AddFile } from "./action.ts";
import { mappingMode, physicalName } from "./column-mapping.ts";
import { readDeletionVector } from "./deletion-vector.ts";
import { type FileAccess, fileFinder } from "./file-place.ts";
import type { Filter } from "./filter.ts";
import { fileTest } from "./skip.ts";
import type { Snapshot } from "./snapshot.ts";
import { parseCount, readStatistics, rowCount } from "./statistics-text.ts";

const AT_ONCE = 8;

/** The files of a snapshot that may hold matching rows, with their deleted rows read. */
export async function chooseFiles(
  access: FileAccess,
  snapshot: Snapshot,
  filters: readonly Filter[],
): Promise<TableFiles> {
  const { metadata, protocol, files, folder } = snapshot;
  const { fields, partitionColumns } = metadata;
  const mode = mappingMode(protocol, metadata.configuration);
  const mayMatch =
    filters.length === 0 ? undefined : fileTest({ fields, partitionColumns, mode }, filters);
  const chosen = mayMatch === undefined ? files : files.filter(mayMatch);
  const partitions = partitionFields(fields, partitionColumns).map((field) => ({
    name: field.name,
    physical: physicalName(field, mode),
  }));
  const [first] = chosen;
  const isComplete =
    chosen.length === 1 &&
    mode === "none" &&
    first !== undefined &&
    holdsEvery(first, fields, new Set(partitions.map(({ name }) => name)));
  const find = fileFinder(access, folder);
  const readOnce = vectorFiles(folder, find);
  const scanFiles = await mapInOrder(chosen, AT_ONCE, async (file): Promise<ScanFile> => {
    const vector = file.deletionVector;
    const rows = rowCount(file);
    return {
      path: await find(file.path),
      ...(rows === undefined ? {} : { rows }),
      ...(isComplete ? { isComplete } : {}),
      partitionValues: Object.fromEntries(
        partitions.map(({ name, physical }) => [name, file.partitionValues[physical] ?? null]),
      ),
      ...(vector === undefined ? {} : { deletedRows: await readDeletionVector(vector, readOnce) }),
    };
  });
  return { fields, files: scanFiles, mapping: mode };
}

/**
 * True where the file has a value of every column, by the word of its statistics. Nulls may also be counted of a column
 * that joined the table later: by writers that gather statistics anew.
 */
function holdsEvery(
  file: AddFile,
  fields: readonly Field[],
  partitions: ReadonlySet<string>,
): boolean {
  const { nullCount, rows } = readStatistics(file);
  if (rows === undefined) return false;
  return fields.every(({ name }) => {
    const nulls = parseCount(nullCount[name]);
    return partitions.has(name) || (nulls !== undefined && nulls < rows);
  });
}

/** The columns the table is partitioned by, in the order of its columns. */
function partitionFields(
  fields: readonly Field[],
  partitionColumns: readonly string[],
): readonly Field[] {
  const names = new Set(partitionColumns.map((name) => name.toLowerCase()));
  return fields.filter(({ name }) => names.has(name.toLowerCase()));
}

/** Reads each file of deletion vectors once: one file holds those of many data files. */
function vectorFiles(
  folder: string,
  find: (path: string) => Promise<string>,
): (path: string) => Promise<Uint8Array> {
  const held = new Map<string, Promise<Uint8Array>>();
  const read = async (path: string): Promise<Uint8Array> => {
    try {
      return await readFile(await find(path));
    } catch (error) {
      if (systemCodeOf(error) !== "ENOENT") throw error;
      throw new MillraceError(`The deletion vectors in ${path} of table ${folder} are not there.`, {
        code: "storage/not-found",
        hint: "An older version is read as long as no vacuum has taken its files.",
        cause: error,
      });
    }
  };
  return (path) => {
    const reading = held.get(path) ?? read(path);
    held.set(path, reading);
    return reading;
  };
}
