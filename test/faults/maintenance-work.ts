/** A table of some age, and the works of looking after it. */

import { cpSync, readdirSync, renameSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../src/base/clock.ts";
import { writeCheckpoint } from "../../src/delta/checkpoint.ts";
import { cleanUpLog } from "../../src/delta/clean-up.ts";
import { type DeltaContext, openSnapshot, scan } from "../../src/delta/table.ts";
import { commit } from "../../src/delta/write.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { optimize } from "../../src/operation/optimize.ts";
import { vacuum } from "../../src/operation/vacuum.ts";

export const WORKS = ["optimize", "vacuum", "checkpoint", "clean-up"] as const;
export type Work = (typeof WORKS)[number];

export interface Tools {
  readonly delta: DeltaContext;
  readonly engine: Engine;
}

const DAY = 24 * 60 * 60 * 1000;
const VERSIONS = 24;
/** By then seven files were laid together. */
const LAID_AT = 8;
/** Still read after every work: the log keeps ten days, and the files of it a week. */
export const KEPT_VERSION = 15;
export const ROWS = VERSIONS - 1;

/**
 * Version n of it was made 24 - n days ago, by the word of its log and by the times of its files. No
 * commit cleans it up, so that nothing but the work itself does.
 */
export async function makeTable({ delta, engine }: Tools, folder: string): Promise<void> {
  const start = Date.now() - VERSIONS * DAY;
  let version = 0;
  const clock: Clock = { ...delta.clock, now: () => new Date(start + version * DAY) };
  const then = { ...delta, clock };
  let snapshot = await commit(
    then,
    { folder },
    {
      operation: "CREATE TABLE",
      schema: {
        fields: [{ name: "id", type: "long", nullable: true }],
        configuration: {
          "delta.checkpointInterval": "5",
          "delta.checkpointPolicy": "v2",
          "delta.logRetentionDuration": "interval 10 days",
          "delta.enableExpiredLogCleanup": "false",
        },
      },
    },
  );
  for (version = 1; version <= VERSIONS; version += 1) {
    if (version === LAID_AT) {
      await optimize({ delta: then, engine }, snapshot);
      snapshot = (await openSnapshot(then, folder)) ?? snapshot;
      continue;
    }
    const staging = await delta.storage.openStaging();
    const add = await engine.write(`SELECT ${version}::BIGINT AS id`, { folder: staging.folder });
    snapshot = await commit(then, snapshot, { operation: "WRITE", add });
    await staging.close();
  }
  age(join(delta.storage.uri, folder), start);
}

function age(folder: string, start: number): void {
  for (const name of readdirSync(folder, { recursive: true }).map(String)) {
    const path = join(folder, name);
    if (!statSync(path).isFile()) continue;
    const version = /^\d{20}/.exec(name.slice(name.lastIndexOf("/") + 1))?.[0];
    // Data files were there at the latest when they were laid together, or are young.
    const day = version === undefined ? LAID_AT : Number(version);
    const time = new Date(start + day * DAY);
    utimesSync(path, time, time);
  }
}

/** A table that appears whole. */
export function copyTable(from: string, to: string): void {
  cpSync(from, `${to}.making`, { recursive: true, preserveTimestamps: true });
  renameSync(`${to}.making`, to);
}

export async function doWork(work: Work, tools: Tools, folder: string): Promise<void> {
  const { delta } = tools;
  const snapshot = await openSnapshot(delta, folder);
  if (snapshot === undefined) throw new Error(`no table ${folder}`);
  switch (work) {
    case "optimize": {
      const [first] = snapshot.files.toSorted((a, b) => a.size - b.size);
      await optimize(tools, snapshot, { targetBytes: 3 * (first?.size ?? 1) });
      return;
    }
    case "vacuum":
      await vacuum(tools, snapshot);
      return;
    case "checkpoint":
      await writeCheckpoint(delta, snapshot, { sidecarActions: 7 });
      return;
    case "clean-up": {
      const { metadata } = snapshot;
      const configuration = { ...metadata.configuration, "delta.enableExpiredLogCleanup": "true" };
      await cleanUpLog(delta, { ...snapshot, metadata: { ...metadata, configuration } });
    }
  }
}

/** What a reader sees, as one text that no work changes. */
export async function readTable(
  { delta, engine }: Tools,
  folder: string,
  version?: number,
): Promise<string> {
  const snapshot = await openSnapshot(delta, folder, version === undefined ? {} : { version });
  if (snapshot === undefined) return "no table";
  const relation = engine.relation(await scan(delta, snapshot));
  const [row] = await engine.rows(
    `SELECT count(*) AS n, sum(id)::BIGINT AS total FROM ${relation}`,
  );
  return `${row?.n} rows, ${row?.total} together`;
}
