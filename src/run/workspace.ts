/** A lake opened for work: its storage, its engine and a clock, closed together. */

import { stat } from "node:fs/promises";
import type { Clock } from "../base/clock.ts";
import { type Crash, noCrash } from "../base/crash-point.ts";
import { MillraceError } from "../base/error.ts";
import { createDuckDB } from "../engine/duckdb.ts";
import type { Engine } from "../engine/engine.ts";
import { type Lake, openLake } from "../lake/lake.ts";
import { localStorage } from "../storage/local.ts";
import { systemClock } from "./clock.ts";

export interface EngineOptions {
  /** As DuckDB writes it: `4GB`. */
  readonly memoryLimit?: string;
  readonly threads?: number;
}

export interface WorkspaceOptions extends EngineOptions {
  /** Absolute. */
  readonly lakePath: string;
  readonly clock?: Clock;
  readonly crash?: Crash;
}

export interface Workspace {
  readonly lake: Lake;
  close(): Promise<void>;
}

export async function openWorkspace(options: WorkspaceOptions): Promise<Workspace> {
  const { lakePath, clock = systemClock, crash = noCrash } = options;
  const found = await stat(lakePath).catch(() => undefined);
  if (found !== undefined && !found.isDirectory()) {
    throw new MillraceError(`The lake ${lakePath} is a file`, {
      code: "lake/not-a-folder",
      hint: "Give a folder with --lake, or take the file away.",
    });
  }
  const engine = await openEngine(options);
  const lake = openLake({ storage: localStorage(lakePath, { crash }), engine, clock, crash });
  return {
    lake,
    close: async () => lake.close(),
  };
}

/** The engine alone, for tables outside of every lake; the caller closes it. */
export function openEngine({ memoryLimit, threads }: EngineOptions): Promise<Engine> {
  return createDuckDB({
    ...(memoryLimit === undefined ? {} : { memoryLimit }),
    ...(threads === undefined ? {} : { threads }),
  });
}
