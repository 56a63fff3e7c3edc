/** The actions of a version as JSON lines, which an engine turns into a checkpoint. */

import { open } from "node:fs/promises";
import { renderJson } from "../base/json.ts";
import type { CheckpointForm } from "./checkpoint-column.ts";
import { parsedValues } from "./parsed-value.ts";
import { metadataBody } from "./render-commit.ts";
import { tombstonesSince, transactionsSince } from "./retention.ts";
import type { Snapshot } from "./snapshot.ts";

const LINES_AT_ONCE = 1000;

/** Everything but files: what a checkpoint of version 2 keeps to itself. */
export function* nonFileActions({ state, metadata }: Snapshot, now: Date): Generator<unknown> {
  yield { protocol: state.protocol };
  if (state.metadata !== undefined) yield { metaData: metadataBody(state.metadata) };
  for (const txn of transactionsSince(state, metadata.configuration, now)) yield { txn };
  for (const { domain, configuration } of state.domains.values()) {
    yield { domainMetadata: { domain, configuration, removed: false } };
  }
}

/** Live files, and removed ones that readers of older versions may still need. */
export function* fileActions(
  snapshot: Snapshot,
  now: Date,
  { hasTextStatistics, parsed }: CheckpointForm,
): Generator<unknown> {
  const { state, metadata } = snapshot;
  for (const remove of tombstonesSince(state, metadata.configuration, now)) {
    yield { remove: { ...remove, dataChange: false } };
  }
  for (const { stats, ...add } of state.files.values()) {
    yield {
      add: {
        ...add,
        dataChange: false,
        ...(hasTextStatistics ? { stats } : {}),
        ...(parsed === undefined
          ? {}
          : parsedValues({ ...add, ...(stats === undefined ? {} : { stats }) }, snapshot)),
      },
    };
  }
}

/** Writes at most `most` values as lines of a new file; resolves to how many there were. */
export async function writeLines(
  file: string,
  values: Iterator<unknown>,
  most = Number.POSITIVE_INFINITY,
): Promise<number> {
  const handle = await open(file, "wx");
  let count = 0;
  try {
    let lines: string[] = [];
    while (count < most) {
      const { done, value } = values.next();
      if (done === true) break;
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
