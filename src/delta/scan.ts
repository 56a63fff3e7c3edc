/** From a snapshot to the files an engine reads. */

import type { ScanFile, TableFiles } from "../schema/table-files.ts";
import type { Storage } from "../storage/storage.ts";
import type { AddFile } from "./action.ts";
import { mappingMode, physicalName } from "./column-mapping.ts";
import { decodePath, inFolder, isAbsolutePath, unreachablePath } from "./data-path.ts";
import type { Filter } from "./filter.ts";
import type { Snapshot } from "./snapshot.ts";

export async function chooseFiles(
  storage: Storage,
  snapshot: Snapshot,
  filters: readonly Filter[],
): Promise<TableFiles> {
  const { metadata, protocol, files } = snapshot;
  const mapping = mappingMode(protocol, metadata.configuration);
  void filters;
  const partitions = metadata.fields
    .filter((field) => metadata.partitionColumns.includes(field.name))
    .map((field) => ({ name: field.name, physical: physicalName(field, mapping) }));
  const scanFiles: ScanFile[] = [];
  for (const file of files) {
    scanFiles.push({
      path: await localPathOf(storage, snapshot.folder, file),
      partitionValues: Object.fromEntries(
        partitions.map(({ name, physical }) => [name, file.partitionValues[physical] ?? null]),
      ),
    });
  }
  return { fields: metadata.fields, files: scanFiles, mapping };
}

/** Where this machine can read the file, which other writers may have named absolutely. */
export async function localPathOf(
  storage: Storage,
  folder: string,
  { path }: AddFile,
): Promise<string> {
  const decoded = decodePath(path);
  if (!isAbsolutePath(decoded)) return storage.localPath(inFolder(folder, decoded));
  if (decoded.startsWith(`${storage.uri}/`)) {
    return storage.localPath(decoded.slice(storage.uri.length + 1));
  }
  if (decoded.startsWith("/")) return decoded;
  throw unreachablePath(path, folder);
}
