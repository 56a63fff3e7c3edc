/** Taking an engine's staged files into a table's folder, with their statistics. */

import { randomUUID } from "node:crypto";
import { MillraceError } from "../base/error.ts";
import { mapInOrder } from "../base/parallel.ts";
import type { WrittenFile } from "../schema/table-files.ts";
import type { Field } from "../schema/type.ts";
import type { AddFile } from "./action.ts";
import { physicalName } from "./column-mapping.ts";
import { encodePath, inFolder, partitionFolder } from "./data-path.ts";
import type { Snapshot } from "./snapshot.ts";
import { renderStatistics } from "./statistics.ts";
import type { DeltaContext } from "./table.ts";
import { type Layout, layoutOf, type TableSpec } from "./table-spec.ts";

const AT_ONCE = 8;

/**
 * Moves staged files under their final names, durable when it resolves; the table does not hold
 * them until a commit adds what this returns. `base` is the table that a spec changes.
 */
export function adoptFiles(
  context: Pick<DeltaContext, "storage" | "clock">,
  folder: string,
  table: TableSpec | Snapshot,
  files: readonly WrittenFile[],
  base?: Snapshot,
): Promise<AddFile[]> {
  const layout = layoutOf(table, base);
  for (const file of files) checkRequired(folder, file, layout);
  return mapInOrder(files, AT_ONCE, async (file) => {
    const values = layout.fields
      .filter((field) => layout.partitionColumns.includes(field.name))
      .map(
        (field) => [physicalName(field, layout.mode), partitionValue(file, field, layout)] as const,
      );
    const name = `part-${randomUUID()}.parquet`;
    const place = inFolder(partitionFolder(values), name);
    await context.storage.adopt(file.path, inFolder(folder, place));
    return {
      path: encodePath(place),
      partitionValues: Object.fromEntries(values),
      size: file.sizeBytes,
      modificationTime: context.clock.now().getTime(),
      dataChange: true,
      stats: renderStatistics(file, layout),
    };
  });
}

/** An empty text means null in the log. An engine knows only the names it wrote, which mapping may have changed. */
function partitionValue(
  { partitionValues }: WrittenFile,
  field: Field,
  { mode }: Layout,
): string | null {
  const value = partitionValues[physicalName(field, mode)] ?? partitionValues[field.name];
  return value === undefined || value === "" ? null : value;
}

/** Columns that may not be null are held to it by the file's own null counts. */
function checkRequired(folder: string, file: WrittenFile, layout: Layout): void {
  for (const field of layout.fields.filter(({ nullable }) => !nullable)) {
    const physical = physicalName(field, layout.mode);
    const isPartition = layout.partitionColumns.includes(field.name);
    const nulls = isPartition
      ? partitionValue(file, field, layout) === null
        ? file.rows
        : 0n
      : file.columns.find(({ path }) => path.length === 1 && path[0] === physical)?.nullCount;
    if (nulls === undefined || nulls === 0n) continue;
    throw new MillraceError(
      `Column "${field.name}" of table ${folder} may not be null, and ${nulls} of ${file.rows} new rows have no value.`,
      {
        code: "delta/null-in-required-column",
        hint: "Filter those rows, give the column a default, or make it nullable.",
      },
    );
  }
}
