/** Writing checkpoints: the whole state of a version as one Parquet file, so that readers need not replay the log. */

import { randomUUID } from "node:crypto";
import { open, stat } from "node:fs/promises";
import { join } from "node:path";
import { noCrash } from "../base/crash-point.ts";
import { renderJson } from "../base/json.ts";
import { quoteText } from "../sql/quote.ts";
import type { Staging } from "../storage/storage.ts";
import { CHECKPOINT_COLUMNS } from "./checkpoint-column.ts";
import { writeLastCheckpoint } from "./last-checkpoint.ts";
import { digits, logFolder } from "./log-files.ts";
import { hasFeature } from "./protocol.ts";
import { metadataBody } from "./render-commit.ts";
import { tombstonesSince, transactionsSince } from "./retention.ts";
import type { Snapshot } from "./snapshot.ts";
import type { DeltaContext } from "./table.ts";

const DEFAULT_INTERVAL = 10;
const LINES_AT_ONCE = 1000;

/** Writes a checkpoint where the table's interval asks for one. The commit stands whatever happens here. */
export async function checkpointWhenDue(context: DeltaContext, snapshot: Snapshot): Promise<void> {
  const asked = Number(snapshot.metadata.configuration["delta.checkpointInterval"]);
  const interval = Number.isInteger(asked) && asked > 0 ? asked : DEFAULT_INTERVAL;
  if (snapshot.version === 0 || snapshot.version % interval !== 0) return;
  try {
    await writeCheckpoint(context, snapshot);
  } catch {
    // The log is complete without it, and a later commit tries again.
  }
}

/**
 * Writes a checkpoint of the snapshot's version, then the hint that points to it. The same version
 * written by another is as good as ours: then this throws `storage/exists` and nothing changes.
 */
export async function writeCheckpoint(context: DeltaContext, snapshot: Snapshot): Promise<void> {
  const { storage } = context;
  const crash = context.crash ?? noCrash;
  const staging = await storage.openStaging();
  try {
    const isNamed = followsVersion2(snapshot);
    const { file, lines } = await writeParquet(context, snapshot, { staging, isNamed });
    const { size } = await stat(file);
    const name = isNamed ? `checkpoint.${randomUUID()}.parquet` : "checkpoint.parquet";
    await storage.adopt(file, `${logFolder(snapshot.folder)}/${digits(snapshot.version)}.${name}`);
    crash("delta/checkpoint-written");
    await writeLastCheckpoint(storage, snapshot.folder, {
      version: snapshot.version,
      size: lines,
      sizeInBytes: size,
      numOfAddFiles: snapshot.state.files.size,
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

/** Renders the actions as JSON lines, which the engine turns into Parquet with the columns the protocol names. */
async function writeParquet(
  { parquet, clock }: DeltaContext,
  snapshot: Snapshot,
  { staging, isNamed }: { staging: Staging; isNamed: boolean },
): Promise<{ file: string; lines: number }> {
  const source = join(staging.folder, "checkpoint.jsonl");
  const file = join(staging.folder, "checkpoint.parquet");
  const lines = await writeLines(source, actionsOf(snapshot, clock.now(), isNamed));
  const columns = CHECKPOINT_COLUMNS.filter(({ name }) => isNamed || name !== "checkpointMetadata")
    .map(({ name, type }) => `${quoteText(name)}: ${quoteText(type)}`)
    .join(", ");
  await parquet.run(
    `COPY (SELECT * FROM read_json(${quoteText(source)}, format = 'newline_delimited', columns = {${columns}})) TO ${quoteText(file)} (FORMAT parquet, COMPRESSION zstd)`,
  );
  return { file, lines };
}

function* actionsOf(snapshot: Snapshot, now: Date, isNamed: boolean): Generator<unknown> {
  const { state, metadata, version } = snapshot;
  if (isNamed) yield { checkpointMetadata: { version } };
  yield { protocol: state.protocol };
  if (state.metadata !== undefined) yield { metaData: metadataBody(state.metadata) };
  for (const txn of transactionsSince(state, metadata.configuration, now)) yield { txn };
  for (const { domain, configuration } of state.domains.values()) {
    yield { domainMetadata: { domain, configuration, removed: false } };
  }
  for (const remove of tombstonesSince(state, metadata.configuration, now)) {
    yield { remove: { ...remove, dataChange: false } };
  }
  for (const add of state.files.values()) yield { add: { ...add, dataChange: false } };
}

async function writeLines(file: string, values: Iterable<unknown>): Promise<number> {
  const handle = await open(file, "wx");
  let count = 0;
  try {
    let lines: string[] = [];
    for (const value of values) {
      lines.push(`${renderJson(value)}\n`);
      count += 1;
      if (lines.length === LINES_AT_ONCE) {
        await handle.write(lines.join(""));
        lines = [];
      }
    }
    await handle.write(lines.join(""));
  } finally {
    await handle.close();
  }
  return count;
}
