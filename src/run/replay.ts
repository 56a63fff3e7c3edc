/** Replaying the quarantine of one table of a project. */

import { randomUUID } from "node:crypto";
import { MillraceError } from "../base/error.ts";
import { suggestWord } from "../base/suggest.ts";
import { isIngested } from "../ingest/asset.ts";
import { type Replayed, replayTable } from "../ingest/replay.ts";
import type { Project } from "../project/load.ts";
import type { Workspace } from "./workspace.ts";

export interface ReplayOptions {
  readonly table: string;
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  readonly note?: (message: string) => void;
}

export async function replay(
  project: Project,
  { lake }: Workspace,
  how: ReplayOptions,
): Promise<Replayed> {
  const { table, dryRun, signal, note = () => {} } = how;
  const doors = project.steps.map(({ asset }) => asset).filter(isIngested);
  const asset = doors.find(({ name }) => name.toLowerCase() === table.toLowerCase());
  if (asset === undefined) {
    throw new MillraceError(`The project ingests no table ${table}`, {
      code: "run/no-table",
      hint: suggestWord(
        table,
        doors.map(({ name }) => name),
      ),
    });
  }
  const run = { id: randomUUID(), startedAt: lake.clock.now() };
  const context = {
    lake,
    root: project.root,
    run,
    text: project.text,
    param: project.param,
    signal,
    note,
    progress: () => {},
  };
  return replayTable(context, asset, dryRun);
}
