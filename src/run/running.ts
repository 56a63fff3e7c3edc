/**
 * The mark of a run that is under way: `.running/<run>.json` in the lake, there from its first step until its record
 * is written. A mark whose process is dead tells of a run that was killed. It decides nothing: tables do.
 */

import { MillraceError } from "../base/error.ts";
import { isJsonObject, parseJson, renderJson } from "../base/json.ts";
import { markThisProcess, mayBeRunning, type ProcessMark } from "../storage/process-mark.ts";
import type { Storage } from "../storage/storage.ts";

const FOLDER = ".running";

/** What is known of a run as soon as it begins. */
export interface BegunRun {
  readonly run: string;
  readonly project: string;
  readonly started_at: string;
  /** JSON, without secrets. */
  readonly parameters: string;
  readonly engine: string;
}

export interface KilledRun extends BegunRun {
  /** Of its mark. */
  readonly path: string;
}

/** Resolves to what takes the mark away. A lake that cannot be written keeps no run from saying so itself. */
export async function markRun(storage: Storage, begun: BegunRun): Promise<() => Promise<void>> {
  const path = `${FOLDER}/${begun.run}.json`;
  const text = renderJson({ ...begun, ...(await markThisProcess()) });
  await storage.replace(path, Buffer.from(`${text}\n`)).catch(unlessRefused);
  return () => storage.remove(path).catch(unlessRefused);
}

/** The runs whose process is dead; that of another machine is taken for dead after a week. */
export async function listKilledRuns(storage: Storage): Promise<KilledRun[]> {
  const killed: KilledRun[] = [];
  for await (const { path, modified } of storage.list(FOLDER)) {
    const mark = await readMark(storage, path);
    if (mark === undefined || (await mayBeRunning(mark, async () => modified))) continue;
    // One that ended well in between has taken its mark along.
    if ((await readMark(storage, path)) === undefined) continue;
    const { run, project, started_at, parameters, engine } = mark;
    killed.push({ run, project, started_at, parameters, engine, path });
  }
  return killed;
}

/** Undefined where it has gone meanwhile, or is none of ours. */
async function readMark(
  storage: Storage,
  path: string,
): Promise<(BegunRun & ProcessMark) | undefined> {
  try {
    const mark = parseJson(Buffer.from(await storage.read(path)).toString());
    if (!isJsonObject(mark)) return undefined;
    const isWhole = ["run", "project", "started_at", "parameters", "engine"].every(
      (name) => typeof mark[name] === "string",
    );
    const isMarked = typeof mark.pid === "number" && typeof mark.machine === "string";
    return isWhole && isMarked ? (mark as unknown as BegunRun & ProcessMark) : undefined;
  } catch (error) {
    const isGone = error instanceof MillraceError && error.code === "storage/not-found";
    if (isGone || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function unlessRefused(error: unknown): void {
  if (!(error instanceof MillraceError)) throw error;
}
