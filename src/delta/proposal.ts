/** A change made ready to be tried at any version: its actions, and what it relies on. */

import { randomUUID } from "node:crypto";
import {
  type AddFile,
  type ChangeFile,
  type DomainMetadata,
  keyOf,
  type MetadataAction,
  type RemoveFile,
} from "./action.ts";
import { commitInfo, type Description } from "./commit-info.ts";
import type { Reliance } from "./conflict.ts";
import { decodePath } from "./data-path.ts";
import type { Configuration } from "./property.ts";
import { mayHaveRead, type Reads, readsRows } from "./reads.ts";
import { renderCommit } from "./render-commit.ts";
import { renderSchema } from "./schema-text.ts";
import { keepsTimes, type Snapshot } from "./snapshot.ts";
import type { PlannedTable } from "./table-spec.ts";

export interface Proposal {
  readonly folder: string;
  readonly before: Snapshot | undefined;
  /** Unique to this commit: how its maker knows it again. */
  readonly txnId: string;
  readonly reliance: Reliance;
  /** True where the commit carries its own time, which is later than that of the version before it. */
  readonly isTimed: boolean;
  /** The commit file's bytes for a try at one version. */
  render(attempt: Attempt): Uint8Array;
}

interface Attempt {
  readonly version: number;
  readonly now: Date;
  /** When the version right before it was committed, in milliseconds; by default that of the base. */
  readonly previousTime: number | undefined;
}

interface Intent {
  readonly folder: string;
  readonly before: Snapshot | undefined;
  readonly change: Description & {
    readonly adopted?: readonly AddFile[];
    readonly remove?: readonly AddFile[] | "all";
    readonly dataChange?: boolean;
    readonly transactions?: readonly { readonly appId: string; readonly version: bigint }[];
    readonly domains?: readonly DomainMetadata[];
    readonly reads?: Reads;
  };
  readonly planned: PlannedTable | undefined;
  readonly adopted: readonly AddFile[];
  /** Files that are among those added again with more rows deleted. */
  readonly removed: readonly AddFile[];
  readonly changeData: readonly ChangeFile[];
}

export function proposalOf(intent: Intent, made: Date): Proposal {
  const { folder, before, change, planned, adopted, removed, changeData } = intent;
  const time = made.getTime();
  const txnId = randomUUID();
  const { dataChange = true } = change;
  const taken = change.remove === "all" ? (before?.files ?? []) : (change.remove ?? []);
  const removes = removalsOf([...taken, ...removed], { time, dataChange });
  const reliance = relianceOf(intent, removes);
  const metadata =
    planned === undefined || isUnchanged(planned, before)
      ? undefined
      : metadataOf(planned, before, time);
  const isTimed = keepsTimes((metadata ?? before?.metadata)?.configuration ?? {});
  const startsTimes = isTimed && before !== undefined && !keepsTimes(before.metadata.configuration);
  const actions = {
    protocol: planned?.protocol === before?.protocol ? undefined : planned?.protocol,
    transactions: (change.transactions ?? []).map((txn) => ({ ...txn, lastUpdated: time })),
    domains: change.domains ?? [],
    removes,
    adds: [...(change.adopted ?? []), ...adopted].map((file) => ({ ...file, dataChange })),
    changeData,
  };
  const isBlindAppend = removes.length === 0 && !readsRows(readsOf(change));
  return {
    folder,
    before,
    txnId,
    reliance,
    isTimed,
    render: ({ version, now, previousTime = before?.timestamp.getTime() ?? 0 }) => {
      const ownTime = Math.max(now.getTime(), previousTime + 1);
      return renderCommit({
        ...actions,
        metadata: metadata && startsTimes ? timedSince(metadata, version, ownTime) : metadata,
        info: commitInfo({
          change,
          txnId,
          now: now.getTime(),
          readVersion: before?.version,
          ownTime: isTimed ? ownTime : undefined,
          isBlindAppend,
        }),
      });
    },
  };
}

function removalsOf(
  files: readonly AddFile[],
  { time, dataChange }: { time: number; dataChange: boolean },
): RemoveFile[] {
  return files.map((file) => ({
    path: file.path,
    deletionTimestamp: time,
    dataChange,
    extendedFileMetadata: true,
    partitionValues: file.partitionValues,
    size: file.size,
    ...(file.deletionVector === undefined ? {} : { deletionVector: file.deletionVector }),
    ...(file.baseRowId === undefined ? {} : { baseRowId: file.baseRowId }),
    ...(file.defaultRowCommitVersion === undefined
      ? {}
      : { defaultRowCommitVersion: file.defaultRowCommitVersion }),
  }));
}

function relianceOf({ before, change }: Intent, removes: readonly RemoveFile[]): Reliance {
  const { transactions = [], domains = [] } = change;
  const reads = readsOf(change);
  const read = typeof reads === "object" ? (reads.appIds ?? []) : [];
  return {
    mayHaveRead: mayHaveRead(reads, before),
    appIds: new Set([...read, ...transactions.map(({ appId }) => appId)]),
    domains: new Set(domains.map(({ domain }) => domain)),
    removes: new Map(removes.map((file) => [decodePath(file.path), keyOf(file)])),
  };
}

/** Taking all away is meant of all there is, also of what came meanwhile. */
function readsOf({ reads = "nothing", remove }: Intent["change"]): Reads {
  if (remove !== "all") return reads;
  return typeof reads === "string" ? "whole table" : { ...reads, where: [] };
}

function metadataOf(
  { metadata }: PlannedTable,
  before: Snapshot | undefined,
  time: number,
): MetadataAction {
  return {
    id: before?.metadata.id ?? randomUUID(),
    ...metadata,
    createdTime: before?.metadata.createdTime ?? time,
  };
}

/** Readers learn here from which version on commits carry their own times. */
function timedSince(metadata: MetadataAction, version: number, time: number): MetadataAction {
  const since = {
    "delta.inCommitTimestampEnablementVersion": String(version),
    "delta.inCommitTimestampEnablementTimestamp": String(time),
  };
  return { ...metadata, configuration: { ...metadata.configuration, ...since } };
}

/** A commit that only repeats the table's columns and properties must not stand in other writers' way. */
function isUnchanged({ fields, metadata }: PlannedTable, before: Snapshot | undefined): boolean {
  if (before === undefined) return false;
  const old = before.metadata;
  return (
    renderSchema(fields) === renderSchema(old.fields) &&
    metadata.name === old.name &&
    metadata.partitionColumns.join("\0") === old.partitionColumns.join("\0") &&
    isSame(metadata.configuration, old.configuration)
  );
}

function isSame(a: Configuration, b: Configuration): boolean {
  const entries = Object.entries(a);
  return (
    entries.length === Object.keys(b).length && entries.every(([key, value]) => b[key] === value)
  );
}
