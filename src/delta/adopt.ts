/** Taking an engine's staged files into a table's folder, with their statistics. */

import { randomUUID } from "node:crypto";
import { mapInOrder } from "../base/parallel.ts";
import type { WrittenFile } from "../schema/table-files.ts";
import type { AddFile, ChangeFile } from "./action.ts";
import { checkFile, partitionValue } from "./check-file.ts";
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
  for (const file of files) checkFile(folder, file, layout);
  return mapInOrder(files, AT_ONCE, async (file) => {
    const { path, partitionValues } = await adoptOne(context, file, {
      folder,
      layout,
      kind: "part",
    });
    return {
      path,
      partitionValues,
      size: file.sizeBytes,
      modificationTime: context.clock.now().getTime(),
      dataChange: true,
      stats: renderStatistics(file, layout),
    };
  });
}

/** The same for files of changed rows, which go into a folder of their own. */
export function adoptChangeFiles(
  context: Pick<DeltaContext, "storage">,
  table: Snapshot,
  files: readonly WrittenFile[],
): Promise<ChangeFile[]> {
  const layout = layoutOf(table);
  const folder = table.folder;
  return mapInOrder(files, AT_ONCE, async (file) => ({
    ...(await adoptOne(context, file, { folder, layout, kind: "cdc" })),
    size: file.sizeBytes,
  }));
}

async function adoptOne(
  { storage }: Pick<DeltaContext, "storage">,
  file: WrittenFile,
  { folder, layout, kind }: { folder: string; layout: Layout; kind: "part" | "cdc" },
): Promise<ChangePlace> {
  const values = layout.fields
    .filter((field) => layout.partitionColumns.includes(field.name))
    .map(
      (field) => [physicalName(field, layout.mode), partitionValue(file, field, layout)] as const,
    );
  const inPartition = inFolder(partitionFolder(values), `${kind}-${randomUUID()}.parquet`);
  const place = kind === "cdc" ? `_change_data/${inPartition}` : inPartition;
  await storage.adopt(file.path, inFolder(folder, place));
  return { path: encodePath(place), partitionValues: Object.fromEntries(values) };
}

type ChangePlace = Pick<ChangeFile, "path" | "partitionValues">;
