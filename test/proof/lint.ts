/** A linter of Delta tables: everything in a table's folder that the protocol, or a careful writer, would not have. */

import { messageOf } from "../../src/base/error.ts";
import { isJsonObject, type JsonObject } from "../../src/base/json.ts";
import type { DeletionVector } from "../../src/delta/action.ts";
import { mappingMode } from "../../src/delta/column-mapping.ts";
import { decodePath, inFolder } from "../../src/delta/data-path.ts";
import { readDeletionVector, vectorPath } from "../../src/delta/deletion-vector.ts";
import type { Snapshot } from "../../src/delta/snapshot.ts";
import { openSnapshot } from "../../src/delta/table.ts";
import type { Engine } from "../../src/engine/engine.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { lintCheckpoint, lintHint } from "./lint-checkpoint.ts";
import { lintCommit } from "./lint-commit.ts";
import { lintFile, type Table } from "./lint-file.ts";
import { identityOf, type Log, readCheckpoint, readLog } from "./log.ts";
import { apply, emptyState, type State } from "./replay.ts";

export interface LintOptions {
  /** True right after a vacuum, when no file may be there that the log does not know. */
  readonly isVacuumed?: boolean;
}

interface Place {
  readonly storage: Storage;
  readonly folder: string;
  readonly engine: Engine;
}

/** What is wrong with the table, a sentence each that begins with what it is about; none where it is right. */
export async function lintTable(
  storage: Storage,
  folder: string,
  engine: Engine,
  { isVacuumed = false }: LintOptions = {},
): Promise<string[]> {
  const place = { storage, folder, engine };
  const log = await readLog(storage, folder);
  const found = lintSequence(log);
  const { state, findings } = await lintVersions(place, log);
  found.push(...findings);
  const clock = { now: () => new Date(), sleep: async () => {} };
  const snapshot = await openSnapshot({ storage, parquet: engine, clock }, folder);
  if (snapshot === undefined || state === undefined) return [...found, "table: it is none"];
  found.push(...lintSnapshot(snapshot, state));
  found.push(...(await lintFiles(place, { log, snapshot, state })));
  if (isVacuumed) found.push(...(await lintLeftovers(place, { log, snapshot, state })));
  return found;
}

function lintSequence({ commits, checkpoints }: Log): string[] {
  const found: string[] = [];
  for (const [index, { version }] of commits.entries()) {
    const last = commits[index - 1]?.version ?? version - 1;
    if (version !== last + 1) found.push(`commit ${version}: it follows ${last}`);
  }
  const first = commits[0]?.version ?? Number.POSITIVE_INFINITY;
  const oldest = checkpoints[0]?.version ?? -1;
  if (first > 0 && oldest < first - 1 && !checkpoints.some(({ version }) => version >= first - 1)) {
    found.push(`commit ${first}: what came before it is gone, and there is no checkpoint`);
  }
  return found;
}

/** Replays the log from its beginning, or from its oldest checkpoint, and looks at every commit and checkpoint on the way. */
async function lintVersions(
  place: Place,
  log: Log,
): Promise<{ state: State | undefined; findings: string[] }> {
  const { commits, checkpoints } = log;
  const findings: string[] = [];
  const counts = new Map<number, { actions: number; adds: number }>();
  let state: State | undefined = commits[0]?.version === 0 ? emptyState() : undefined;
  const meet = async (version: number): Promise<void> => {
    for (const checkpoint of checkpoints.filter((one) => one.version === version)) {
      const actions = await readCheckpoint(place, checkpoint);
      const adds = actions.filter(({ kind }) => kind === "add").length;
      const own = actions.filter(({ kind }) => kind !== "sidecar" && kind !== "checkpointMetadata");
      counts.set(version, { actions: actions.length, adds });
      if (state !== undefined) {
        findings.push(
          ...lintCheckpoint(own, state).map((what) => `checkpoint ${version}: ${what}`),
        );
        continue;
      }
      state = emptyState();
      apply(state, own);
    }
  };
  const first = commits[0]?.version ?? Number.POSITIVE_INFINITY;
  for (const { version } of checkpoints.filter((one) => one.version < first)) await meet(version);
  for (const commit of commits) {
    const wrong = lintCommit(commit, state);
    findings.push(...wrong.map((what) => `commit ${commit.version}: ${what}`));
    if (state !== undefined) apply(state, commit.actions);
    await meet(commit.version);
  }
  findings.push(
    ...(await lintHint(place.storage, log, counts)).map((what) => `_last_checkpoint: ${what}`),
    ...lintTimes(log),
  );
  return { state, findings };
}

/** Times that commits carry rise strictly, and each commit's `txnId` is its own. */
function lintTimes({ commits }: Log): string[] {
  const found: string[] = [];
  let last = Number.NEGATIVE_INFINITY;
  const ids = new Set<unknown>();
  for (const { version, actions } of commits) {
    const info = actions.find(({ kind }) => kind === "commitInfo")?.body ?? {};
    const { inCommitTimestamp: time, txnId } = info;
    if (typeof time === "number") {
      if (time <= last) found.push(`commit ${version}: its time does not rise`);
      last = time;
    }
    if (txnId === undefined) continue;
    if (ids.has(txnId)) found.push(`commit ${version}: its txnId is another commit's too`);
    ids.add(txnId);
  }
  return found;
}

/** The reader that is tested must see what this one sees. */
function lintSnapshot(snapshot: Snapshot, state: State): string[] {
  const names = (bodies: Iterable<object>) =>
    [...bodies]
      .map((body) => identityOf(body as JsonObject))
      .toSorted()
      .join("\n");
  const found: string[] = [];
  if (names(snapshot.files) !== names(state.adds.values())) {
    found.push("snapshot: its files are not those of the log");
  }
  for (const [appId, txn] of state.txns) {
    if (snapshot.transactions.get(appId) === BigInt(String(txn.version))) continue;
    found.push(`snapshot: its transaction of ${appId} is not ${txn.version}`);
  }
  return found;
}

interface Seen {
  readonly log: Log;
  readonly snapshot: Snapshot;
  readonly state: State;
}

async function lintFiles(place: Place, { log, snapshot, state }: Seen): Promise<string[]> {
  const { protocol, metadata } = snapshot;
  const { fields, partitionColumns } = metadata;
  const mapping = mappingMode(protocol, metadata.configuration);
  const table: Table = { ...place, log, fields, partitionColumns, mapping };
  const found: string[] = [];
  const paths = new Set<string>();
  for (const [name, add] of state.adds) {
    const path = decodePath(String(add.path));
    if (paths.has(path)) found.push(`file ${name}: it is there twice`);
    paths.add(path);
    found.push(...(await lintFile(table, add)).map((what) => `file ${name}: ${what}`));
  }
  found.push(...(await lintVectors(place, snapshot, log)).findings);
  return found;
}

/** Reads every deletion vector, which checks its size, checksum and count; tells also which files they are in. */
async function lintVectors(
  { storage, folder }: Place,
  { files }: Snapshot,
  log: Log,
): Promise<{ findings: string[]; paths: ReadonlySet<string> }> {
  const findings: string[] = [];
  const paths = new Set<string>();
  for (const { path, deletionVector, stats = "{}" } of files) {
    if (deletionVector === undefined) continue;
    try {
      const rows = await readDeletionVector(deletionVector, async (file) => {
        paths.add(file);
        const stored = log.files.get(file);
        if (stored === undefined) throw new Error(`its deletion vector ${file} is gone`);
        return storage.read(inFolder(folder, file));
      });
      const { numRecords } = JSON.parse(stats) as { readonly numRecords?: number };
      const last = rows.at(-1);
      if (numRecords !== undefined && last !== undefined && last >= BigInt(numRecords)) {
        findings.push(`file ${path}: its deletion vector goes beyond its ${numRecords} rows`);
      }
    } catch (error) {
      findings.push(`file ${path}: ${messageOf(error)}`);
    }
  }
  return { findings, paths };
}

/** Files that the log says nothing of. */
async function lintLeftovers(place: Place, { log, snapshot, state }: Seen): Promise<string[]> {
  const { paths } = await lintVectors(place, snapshot, log);
  const known = new Set(paths);
  const mentioned = log.commits.flatMap(({ actions }) => actions);
  const bodies = [
    ...mentioned
      .filter(({ kind }) => ["add", "remove", "cdc"].includes(kind))
      .map(({ body }) => body),
    ...state.adds.values(),
    ...state.removes.values(),
  ];
  for (const { path, deletionVector } of bodies) {
    known.add(decodePath(String(path)));
    if (!isJsonObject(deletionVector) || deletionVector.storageType === "i") continue;
    known.add(decodePath(vectorPath(deletionVector as unknown as DeletionVector) ?? ""));
  }
  return [...log.files.keys()]
    .filter((path) => !path.startsWith("_delta_log/") && !known.has(path))
    .map((path) => `file ${path}: no version of the table knows it`);
}
