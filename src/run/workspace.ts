/** A lake opened for work: its storage, its engine and a clock, closed together. */

import { stat } from "node:fs/promises";
import type { Clock } from "../base/clock.ts";
import { type Crash, noCrash } from "../base/crash-point.ts";
import { MillraceError } from "../base/error.ts";
import { createDuckDB } from "../engine/duckdb.ts";
import type { Engine } from "../engine/engine.ts";
import { type Lake, openLake } from "../lake/lake.ts";
import { openStores, type StorageOptions } from "../storage/open.ts";
import { isObjectPlace } from "../storage/place.ts";
import { systemClock } from "./clock.ts";

export interface EngineOptions {
  /** As DuckDB writes it: `4GB`. */
  readonly memoryLimit?: string;
  readonly threads?: number;
}

export interface WorkspaceOptions extends EngineOptions {
  /** An absolute path, or `s3://bucket/prefix`. */
  readonly lakePath: string;
  readonly s3?: StorageOptions["s3"];
  readonly clock?: Clock;
  readonly crash?: Crash;
}

export interface Workspace {
  readonly lake: Lake;
  close(): Promise<void>;
}

export async function openWorkspace(options: WorkspaceOptions): Promise<Workspace> {
  const { lakePath, clock = systemClock, crash = noCrash, s3 = {} } = options;
  const found = isObjectPlace(lakePath) ? undefined : await stat(lakePath).catch(() => undefined);
  if (found !== undefined && !found.isDirectory()) {
    throw new MillraceError(`The lake ${lakePath} is a file`, {
      code: "lake/not-a-folder",
      hint: "Give a folder with --lake, or take the file away.",
    });
  }
  const engine = await openEngine(options);
  const stores = openStores({ s3, crash });
  const storage = stores.open(lakePath);
  const lake = openLake({ storage, engine, clock, crash, stores });
  return { lake, close: () => lake.close() };
}

/** The engine alone, for tables outside of every lake; the caller closes it. */
export function openEngine({ memoryLimit, threads }: EngineOptions): Promise<Engine> {
  return createDuckDB({
    ...(memoryLimit === undefined ? {} : { memoryLimit }),
    ...(threads === undefined ? {} : { threads }),
  });
}
