/** One version of a table, as replaying its log shows it. */

import { MillraceError } from "../base/error.ts";
import type { Field } from "../schema/type.ts";
import type { AddFile, Protocol } from "./action.ts";
import { isOn } from "./property.ts";
import { checkReadable, checkTypeChanges } from "./protocol.ts";
import { parseSchema } from "./schema-text.ts";
import { rowCount } from "./statistics-text.ts";
import type { TableState } from "./table-state.ts";
import { inCommitTime } from "./time-travel.ts";

interface Metadata {
  readonly id: string;
  readonly name: string | undefined;
  readonly description: string | undefined;
  readonly fields: readonly Field[];
  /** Logical names. */
  readonly partitionColumns: readonly string[];
  readonly configuration: Readonly<Record<string, string>>;
  readonly createdTime: number | undefined;
}

export interface Snapshot {
  readonly folder: string;
  readonly version: number;
  /** When the version was committed: its in-commit timestamp, or its file's time. */
  readonly timestamp: Date;
  readonly protocol: Protocol;
  readonly metadata: Metadata;
  /** Version of each application's last transaction. */
  readonly transactions: ReadonlyMap<string, bigint>;
  /** Live files. */
  readonly files: readonly AddFile[];
  /** From the files' statistics; undefined where one has none. */
  readonly rows: bigint | undefined;
  readonly sizeBytes: number;
  /** What replay goes on from. */
  readonly state: TableState;
}

export interface SnapshotPlace {
  readonly folder: string;
  readonly version: number;
  /** Time of the version's file. */
  readonly modified: Date;
}

/**
 * Makes a snapshot of a replayed state. Throws where the state lacks protocol or metadata
 * (`delta/corrupt-log`) or asks for what we cannot read (`delta/unsupported-to-read`).
 */
export function snapshotOf(state: TableState, place: SnapshotPlace): Snapshot {
  const { folder, version, modified } = place;
  const { protocol, metadata: found } = state;
  if (protocol === undefined) throw incomplete(place, "protocol");
  checkReadable(protocol, { table: folder, version });
  if (found === undefined) throw incomplete(place, "metaData");
  const fields = parseSchema(found.schemaString, folder);
  checkTypeChanges(fields, { table: folder, version });
  const metadata: Metadata = {
    id: found.id,
    name: found.name,
    description: found.description,
    fields,
    partitionColumns: found.partitionColumns,
    configuration: found.configuration,
    createdTime: found.createdTime,
  };
  const lazy = {
    files: once(() => [...state.files.values()]),
    transactions: once(
      () => new Map([...state.transactions].map(([appId, txn]) => [appId, txn.version])),
    ),
    rows: once(() => sumRows(state.files.values())),
    sizeBytes: once(() => state.files.values().reduce((sum, file) => sum + file.size, 0)),
  };
  return {
    folder,
    version,
    timestamp: inCommitTimestamp(state, metadata) ?? modified,
    protocol,
    metadata,
    state,
    get files() {
      return lazy.files();
    },
    get transactions() {
      return lazy.transactions();
    },
    get rows() {
      return lazy.rows();
    },
    get sizeBytes() {
      return lazy.sizeBytes();
    },
  };
}

/** True where each commit of the table carries its own time. */
export function keepsTimes(configuration: Readonly<Record<string, string>>): boolean {
  return isOn(configuration, "delta.enableInCommitTimestamps");
}

/** The version's own time where the table keeps times in its commits. */
function inCommitTimestamp({ info }: TableState, { configuration }: Metadata): Date | undefined {
  if (!keepsTimes(configuration)) return undefined;
  const time = inCommitTime(info);
  return time === undefined ? undefined : new Date(time);
}

function sumRows(files: Iterable<AddFile>): bigint | undefined {
  let sum = 0n;
  for (const file of files) {
    const rows = rowCount(file);
    if (rows === undefined) return undefined;
    sum += rows;
  }
  return sum;
}

/** Computes at the first call only: tables of many files should not pay for what nobody asks. */
function once<T>(compute: () => T): () => T {
  let held: { readonly value: T } | undefined;
  return () => {
    held ??= { value: compute() };
    return held.value;
  };
}

function incomplete({ folder, version }: SnapshotPlace, action: string): MillraceError {
  return new MillraceError(
    `The log of table ${folder} has no ${action} action up to version ${version}.`,
    {
      code: "delta/corrupt-log",
      hint: "The log or its checkpoint is incomplete; restore it from a backup.",
    },
  );
}
