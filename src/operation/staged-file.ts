/** Staged files of a table as something that stands in FROM. */

import { physicalName } from "../delta/column-mapping.ts";
import type { Layout } from "../delta/table-spec.ts";
import type { Engine } from "../engine/engine.ts";
import type { WrittenFile } from "../schema/table-files.ts";

/** Partition values may stand under the names of the table or those of its files. */
export function relationOfStaged(
  engine: Engine,
  { fields, mode, partitionColumns }: Layout,
  files: readonly WrittenFile[],
): string {
  const partitions = fields.filter(({ name }) => partitionColumns.includes(name));
  return engine.relation({
    fields,
    mapping: mode,
    files: files.map(({ path, rows, partitionValues }) => ({
      path,
      rows,
      partitionValues: Object.fromEntries(
        partitions.map((field) => [
          field.name,
          partitionValues[physicalName(field, mode)] ?? partitionValues[field.name] ?? null,
        ]),
      ),
    })),
  });
}
