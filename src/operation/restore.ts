/**
 * Making a table what it was at a version: a new version with the files, columns and properties of the old one.
 *
 * - Files that the old version had and the newest has not are added again, and those it had not are removed. All of
 *   them must still be there: a vacuum may have taken some.
 * - The protocol never goes back, as readers of the versions between need it. Neither do the last column id, which
 *   no other column may get, nor the switch of in-commit timestamps, which must be on from a version onwards.
 * - Transactions of applications stay as they are: what was loaded once is not loaded again.
 * - Metadata of domains stays too, as the reference implementation has it: it tells what its owners did since. (The one
 *   domain that goes back there is that of clustered tables, which we do not write.)
 */

import { MillraceError, systemCodeOf } from "../base/error.ts";
import { type AddFile, keyOf, type Protocol } from "../delta/action.ts";
import { decodePath, inFolder, isAbsolutePath } from "../delta/data-path.ts";
import { vectorPath } from "../delta/deletion-vector.ts";
import { hasFeature, protocolFor } from "../delta/protocol.ts";
import { renderSchema } from "../delta/schema-text.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import { type At, type DeltaContext, openSnapshot } from "../delta/table.ts";
import { rulesOf } from "../delta/table-rule.ts";
import type { PlannedTable } from "../delta/table-spec.ts";
import { commit } from "../delta/write.ts";
import type { TableContext } from "./context.ts";

export interface Restored {
  /** The newest version, which shows what the old one did. */
  readonly version: number;
  readonly restoredVersion: number;
  readonly filesAdded: number;
  readonly filesRemoved: number;
  readonly bytesAdded: number;
  readonly bytesRemoved: number;
}

const TRIES = 10;
/** Files that an error names. */
const SHOWN = 5;

/** Writes nothing where the table is what it was. Files that are gone are `operation/files-gone`. */
export async function restore(
  { delta, signal }: Pick<TableContext, "delta" | "signal">,
  folder: string,
  at: At,
): Promise<Restored> {
  for (let tries = 1; ; tries += 1) {
    signal?.throwIfAborted();
    const now = await openSnapshot(delta, folder);
    const then = now && (await openSnapshot(delta, folder, at));
    if (now === undefined || then === undefined) throw noTable(folder);
    try {
      return await restoreOnce(delta, { now, then, at });
    } catch (error) {
      if (systemCodeOf(error) !== "delta/conflict" || tries === TRIES) throw error;
    }
  }
}

interface Versions {
  readonly now: Snapshot;
  readonly then: Snapshot;
  readonly at: At;
}

async function restoreOnce(delta: DeltaContext, { now, then, at }: Versions): Promise<Restored> {
  const added = then.files.filter((file) => !now.state.files.has(keyOf(file)));
  const removed = now.files.filter((file) => !then.state.files.has(keyOf(file)));
  await checkThere(delta, then, added);
  const becomes = tableOf(now, then);
  const [bytesAdded, bytesRemoved] = [sizeOf(added), sizeOf(removed)];
  const summary = {
    restoredVersion: then.version,
    filesAdded: added.length,
    filesRemoved: removed.length,
    bytesAdded,
    bytesRemoved,
  };
  if (added.length + removed.length === 0 && isSame(now, becomes)) {
    return { ...summary, version: now.version };
  }
  const { version } = await commit(delta, now, {
    operation: "RESTORE",
    parameters: { version: at.version, timestamp: at.timestamp?.toISOString() },
    metrics: {
      tableSizeAfterRestore: then.sizeBytes,
      numOfFilesAfterRestore: then.files.length,
      numRemovedFiles: removed.length,
      numRestoredFiles: added.length,
      removedFilesSize: bytesRemoved,
      restoredFilesSize: bytesAdded,
    },
    adopted: added,
    remove: removed,
    changeData: "in files",
    becomes,
    isRestored: true,
    // Its rows kept them when they were written.
    kept: rulesOf(becomes.fields, becomes.metadata.configuration).map(({ name }) => name),
    reads: "whole table",
  });
  return { ...summary, version };
}

/** Throws unless every file, and every file of deletion vectors, lies where the log says. */
async function checkThere(
  { storage }: DeltaContext,
  { folder, version }: Snapshot,
  files: readonly AddFile[],
): Promise<void> {
  const root = `${storage.uri}/${folder}/`;
  const wanted = new Set(
    files.flatMap((file) => {
      const vector = file.deletionVector && vectorPath(file.deletionVector);
      return [file.path, ...(vector === undefined ? [] : [vector])].flatMap((path) => {
        const decoded = decodePath(path);
        if (!isAbsolutePath(decoded)) return [inFolder(folder, decoded)];
        return decoded.startsWith(root) ? [inFolder(folder, decoded.slice(root.length))] : [];
      });
    }),
  );
  if (wanted.size === 0) return;
  for await (const { path } of storage.list(folder)) wanted.delete(path);
  if (wanted.size === 0) return;
  const shown = [...wanted].slice(0, SHOWN).join(", ");
  const more = wanted.size > SHOWN ? ` and ${wanted.size - SHOWN} more` : "";
  throw new MillraceError(
    `Version ${version} of ${folder} cannot be restored: ${wanted.size} of its files are gone: ${shown}${more}.`,
    {
      code: "operation/files-gone",
      hint: "A vacuum removed them, or somebody did; restore a newer version.",
    },
  );
}

/** Properties that only go forward. */
const KEPT = [
  "delta.enableInCommitTimestamps",
  "delta.inCommitTimestampEnablementVersion",
  "delta.inCommitTimestampEnablementTimestamp",
];
const MAX_ID = "delta.columnMapping.maxColumnId";

function tableOf(now: Snapshot, then: Snapshot): PlannedTable {
  const { name, description, fields, partitionColumns, configuration: old } = then.metadata;
  const current = now.metadata.configuration;
  const configuration = Object.fromEntries([
    ...Object.entries(old).filter(([key]) => !KEPT.includes(key)),
    ...Object.entries(current).filter(([key]) => KEPT.includes(key)),
    ...(current[MAX_ID] === undefined
      ? []
      : [[MAX_ID, String(Math.max(Number(current[MAX_ID]), Number(old[MAX_ID] ?? 0)))]]),
  ]);
  return {
    metadata: {
      ...(name === undefined ? {} : { name }),
      ...(description === undefined ? {} : { description }),
      schemaString: then.state.metadata?.schemaString ?? renderSchema(fields),
      partitionColumns,
      configuration,
    },
    fields,
    protocol: protocolFor(featuresOf(then.protocol), now.protocol),
  };
}

/** Features that versions before the lists imply. */
const IMPLIED = [
  "appendOnly",
  "invariants",
  "checkConstraints",
  "changeDataFeed",
  "generatedColumns",
  "columnMapping",
  "identityColumns",
];

function featuresOf(protocol: Protocol) {
  const { minReaderVersion, readerFeatures, writerFeatures } = protocol;
  return {
    reader: readerFeatures ?? (minReaderVersion === 2 ? ["columnMapping"] : []),
    writer: writerFeatures ?? IMPLIED.filter((name) => hasFeature(protocol, name)),
  };
}

function isSame({ metadata, protocol }: Snapshot, becomes: PlannedTable): boolean {
  const textOf = (table: PlannedTable["metadata"], fields: PlannedTable["fields"]) => {
    const entries = Object.entries(table.configuration).toSorted();
    return JSON.stringify([
      table.name,
      table.description,
      renderSchema(fields),
      table.partitionColumns,
      entries,
    ]);
  };
  const { name, description, partitionColumns, configuration, fields } = metadata;
  const now = {
    ...(name === undefined ? {} : { name }),
    ...(description === undefined ? {} : { description }),
    schemaString: "",
    partitionColumns,
    configuration,
  };
  return (
    protocol === becomes.protocol &&
    textOf(now, fields) === textOf(becomes.metadata, becomes.fields)
  );
}

function sizeOf(files: readonly AddFile[]): number {
  return files.reduce((sum, { size }) => sum + size, 0);
}

function noTable(folder: string): MillraceError {
  return new MillraceError(`There is no table ${folder} to restore.`, {
    code: "delta/no-table",
    hint: "Its log may have been removed.",
  });
}
