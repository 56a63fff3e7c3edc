/** Taking an engine's staged files into a table's folder, with their statistics. */

import { randomUUID } from "node:crypto";
import { mapInOrder } from "../base/parallel.ts";
import type { WrittenFile } from "../schema/table-files.ts";
import type { AddFile } from "./action.ts";
import { checkFile, partitionValue } from "./check-file.ts";
import { physicalName } from "./column-mapping.ts";
import { encodePath, inFolder, partitionFolder } from "./data-path.ts";
import type { Snapshot } from "./snapshot.ts";
import { renderStatistics } from "./statistics.ts";
import type { DeltaContext } from "./table.ts";
import { layoutOf, type TableSpec } from "./table-spec.ts";

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
  for (const file of files) checkFile(folder, file, layout);
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
