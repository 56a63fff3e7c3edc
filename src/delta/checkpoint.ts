/**
 * Writing checkpoints: the whole state of a version in Parquet, so that readers need not replay the log.
 *
 * 1. Where the table asks for checkpoints of version 2 and has many files, their actions go into sidecars first.
 * 2. The checkpoint itself gets its name, and is whole from then on.
 * 3. `_last_checkpoint` points to it.
 *
 * A process that dies in between leaves at most files that nobody refers to.
 */

import { randomUUID } from "node:crypto";
import { stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { noCrash } from "../base/crash-point.ts";
import { quoteText } from "../sql/quote.ts";
import { type CheckpointForm, checkpointQuery } from "./checkpoint-column.ts";
import { fileActions, nonFileActions, writeLines } from "./checkpoint-line.ts";
import { cleanUpLog } from "./clean-up.ts";
import { writeLastCheckpoint } from "./last-checkpoint.ts";
import { digits, logFolder, sidecarFolder } from "./log-files.ts";
import { parsedColumns } from "./parsed-value.ts";
import { hasFeature } from "./protocol.ts";
import type { Snapshot } from "./snapshot.ts";
import type { DeltaContext } from "./table.ts";

const DEFAULT_INTERVAL = 10;
/** Files of a table above which a checkpoint of version 2 has sidecars, and the most in one of them. */
const SIDECAR_ACTIONS = 50_000;

/** Writes a checkpoint where the table's interval asks for one, and cleans the log up. The commit stands whatever happens here. */
export async function checkpointWhenDue(context: DeltaContext, snapshot: Snapshot): Promise<void> {
  const interval = checkpointInterval(snapshot);
  if (snapshot.version === 0 || snapshot.version % interval !== 0) return;
  try {
    await writeCheckpoint(context, snapshot);
    await cleanUpLog(context, snapshot);
  } catch {
    // The log is complete without it, and a later commit tries again.
  }
}

function checkpointInterval({ metadata }: Snapshot): number {
  const asked = Number(metadata.configuration["delta.checkpointInterval"]);
  return Number.isInteger(asked) && asked > 0 ? asked : DEFAULT_INTERVAL;
}

/**
 * Writes a checkpoint of the snapshot's version, then the hint that points to it. The same version
 * written by another is as good as ours: then this throws `storage/exists` and nothing changes.
 */
export async function writeCheckpoint(
  context: DeltaContext,
  snapshot: Snapshot,
  { sidecarActions = SIDECAR_ACTIONS }: { readonly sidecarActions?: number } = {},
): Promise<void> {
  const { storage, crash = noCrash } = context;
  const staging = await storage.openStaging();
  try {
    const work = { context, snapshot, folder: staging.folder, form: formOf(snapshot) };
    const isNamed = followsVersion2(snapshot);
    const hasSidecars = isNamed && snapshot.state.files.size > sidecarActions;
    const sidecars = hasSidecars ? await writeSidecars(work, sidecarActions) : [];
    if (hasSidecars) crash("delta/sidecars-written");
    const top = await writeTop(work, isNamed, sidecars);
    crash("delta/checkpoint-written");
    await writeLastCheckpoint(storage, snapshot.folder, {
      version: snapshot.version,
      size: top.actions + sum(sidecars.map(({ actions }) => actions)),
      sizeInBytes: top.sizeInBytes + sum(sidecars.map(({ sizeInBytes }) => sizeInBytes)),
      numOfAddFiles: snapshot.state.files.size,
      ...(isNamed ? { v2Checkpoint: placeOf(top) } : {}),
    });
    crash("delta/last-checkpoint-written");
  } finally {
    await staging.close();
  }
}

/** True where the table's owner asked for checkpoints of version 2, which have names of their own. */
function followsVersion2({ protocol, metadata }: Snapshot): boolean {
  const policy = metadata.configuration["delta.checkpointPolicy"];
  return policy === "v2" && hasFeature(protocol, "v2Checkpoint");
}

function formOf(snapshot: Snapshot): CheckpointForm {
  const { configuration } = snapshot.metadata;
  return {
    hasTextStatistics: configuration["delta.checkpoint.writeStatsAsJson"] !== "false",
    parsed: parsedColumns(snapshot),
  };
}

interface Work {
  readonly context: DeltaContext;
  readonly snapshot: Snapshot;
  /** Of this machine, for files that are not finished. */
  readonly folder: string;
  readonly form: CheckpointForm;
}

interface WrittenPart {
  /** Its name in its folder. */
  readonly path: string;
  readonly actions: number;
  readonly sizeInBytes: number;
  readonly modificationTime: number;
}

async function writeSidecars(work: Work, most: number): Promise<WrittenPart[]> {
  const { context, snapshot, form } = work;
  const actions = fileActions(snapshot, context.clock.now(), form);
  const written: WrittenPart[] = [];
  for (;;) {
    const target = `${sidecarFolder(snapshot.folder)}/${randomUUID()}.parquet`;
    const part = await writePart(work, { kind: "sidecar", target, actions, most });
    if (part === undefined) return written;
    written.push(part);
  }
}

async function writeTop(
  work: Work,
  isNamed: boolean,
  sidecars: readonly WrittenPart[],
): Promise<WrittenPart> {
  const { context, snapshot, form } = work;
  const now = context.clock.now();
  const name = isNamed ? `checkpoint.${randomUUID()}.parquet` : "checkpoint.parquet";
  const part = await writePart(work, {
    kind: isNamed ? "version 2" : "classic",
    target: `${logFolder(snapshot.folder)}/${digits(snapshot.version)}.${name}`,
    actions: (function* () {
      if (isNamed) yield { checkpointMetadata: { version: snapshot.version } };
      yield* nonFileActions(snapshot, now);
      if (sidecars.length === 0) yield* fileActions(snapshot, now, form);
      for (const sidecar of sidecars) yield { sidecar: placeOf(sidecar) };
    })(),
  });
  if (part === undefined) throw new Error("Bug: a checkpoint without an action");
  return part;
}

interface Part {
  readonly kind: "classic" | "version 2" | "sidecar";
  /** Where the storage keeps it. */
  readonly target: string;
  readonly actions: Iterator<unknown>;
  readonly most?: number;
}

/** Renders actions as JSON lines, which the engine turns into Parquet; undefined where none is left. */
async function writePart(
  { context, folder, form }: Work,
  { kind, target, actions, most }: Part,
): Promise<WrittenPart | undefined> {
  const source = join(folder, `${randomUUID()}.jsonl`);
  const file = join(folder, `${randomUUID()}.parquet`);
  const count = await writeLines(source, actions, most);
  if (count === 0) return undefined;
  await context.parquet.run(
    `COPY (${checkpointQuery(source, form, kind)}) TO ${quoteText(file)} (FORMAT parquet, COMPRESSION zstd)`,
  );
  const { size, mtimeMs } = await stat(file);
  await context.storage.adopt(file, target);
  return {
    path: basename(target),
    actions: count,
    sizeInBytes: size,
    modificationTime: Math.floor(mtimeMs),
  };
}

function placeOf({ path, sizeInBytes, modificationTime }: WrittenPart) {
  return { path, sizeInBytes, modificationTime };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
