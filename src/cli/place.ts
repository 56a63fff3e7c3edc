/** The project and the lake that a command is about. */

import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { MillraceError } from "../base/error.ts";
import type { Project } from "../project/load.ts";
import type { TablePlace } from "../run/table-place.ts";
import type { EngineOptions, Workspace } from "../run/workspace.ts";
import { isObjectPlace, resolvePlace } from "../storage/place.ts";
import { checkParams } from "./arguments.ts";
import type { CommandContext } from "./context.ts";
import { parseCrash } from "./crash.ts";
import { objectStoreOptions } from "./object-store.ts";

/** The project of `--project` or of this folder; its secrets are hidden from then on. */
export async function openProject({
  args,
  output,
  environment,
  here,
}: CommandContext): Promise<Project> {
  const lake = args.text("lake");
  const params = checkParams(args.texts("param"));
  const { loadProject } = await import("../project/load.ts");
  const project = await loadProject({
    folder: resolve(here, args.text("project") ?? "."),
    params,
    lake: lake === undefined ? undefined : resolvePlace(lake, here),
    environment,
  });
  output.hide(() => project.secrets);
  return project;
}

/** What is known of a lake before it is opened; a project is one. */
export type LakePlace = Pick<Project, "lakePath"> & Partial<Pick<Project, "s3">>;

/** For commands that change the lake; the caller closes it. */
export async function openPlace(
  { environment }: Pick<CommandContext, "environment">,
  { lakePath, s3 }: LakePlace,
): Promise<Workspace> {
  const crash = parseCrash(environment.MILLRACE_CRASH_AT);
  const engine = engineOptions(environment);
  const { openWorkspace } = await import("../run/workspace.ts");
  return openWorkspace({
    lakePath,
    s3: objectStoreOptions(environment, s3),
    ...engine,
    ...(crash === undefined ? {} : { crash }),
  });
}

/** Does what changes nothing, so that a signal may end it at once. */
export async function withLook<T>(
  { stop }: Pick<CommandContext, "stop">,
  workspace: Workspace,
  look: (place: Pick<Workspace, "lake">) => Promise<T>,
): Promise<T> {
  stop.check();
  const lake = workspace.lake.forWork(stop.signal);
  try {
    return await look({ lake });
  } finally {
    await lake.close();
  }
}

/** Runs `work` on the lake of `--lake`, which needs no project, or else of the project. Ctrl-C ends what the engine does. */
export async function withLake<T>(
  context: CommandContext,
  work: (lake: Workspace["lake"]) => Promise<T>,
): Promise<T> {
  const { args, stop } = context;
  checkParams(args.texts("param"));
  const workspace = await openThere(context, await placeOf(context));
  const lake = workspace.lake.forWork(stop.signal);
  try {
    return await stop.during(
      () => work(lake),
      () => lake.engine.interrupt(),
    );
  } finally {
    await lake.close();
    await workspace.close();
  }
}

/** The lake of `--lake`, or else of the project. */
async function placeOf(context: CommandContext): Promise<LakePlace> {
  const given = context.args.text("lake");
  return given === undefined
    ? openProject(context)
    : { lakePath: resolvePlace(given, context.here) };
}

/** Opens a lake that must be there. */
async function openThere(context: CommandContext, place: LakePlace): Promise<Workspace> {
  const { lakePath } = place;
  const fail = (): never => {
    throw new MillraceError(`There is no lake at ${lakePath}`, {
      code: "lake/not-there",
      hint: context.args.has("lake")
        ? "Give the folder of a lake with --lake."
        : "`millrace run` makes it.",
    });
  };
  if (!isObjectPlace(lakePath)) await stat(lakePath).catch(fail);
  const workspace = await openPlace(context, place);
  if (!isObjectPlace(lakePath)) return workspace;
  try {
    const { storage } = workspace.lake.forWork(context.stop.signal);
    if ((await storage.listFolders("")).length === 0) fail();
  } catch (error) {
    await workspace.close();
    throw error;
  }
  return workspace;
}

/**
 * Runs `work` where tables stand by name in the lake of `--lake` or of the project, and by path anywhere. Where there is
 * neither, nothing is said as long as no table is asked for by its name.
 */
export async function withTables<T>(
  context: CommandContext,
  work: (place: TablePlace) => Promise<T>,
): Promise<T> {
  const { stop, here, environment } = context;
  checkParams(context.args.texts("param"));
  const engineOf = engineOptions(environment);
  const found = await findLake(context);
  const { openEngine } = await import("../run/workspace.ts");
  const { systemClock: clock } = await import("../run/clock.ts");
  const { openStores } = await import("../storage/open.ts");
  const workspace = found instanceof MillraceError ? undefined : found;
  const opened = workspace?.lake.forWork(stop.signal);
  const engine = opened?.engine ?? (await openEngine(engineOf));
  const outside = openStores({ s3: objectStoreOptions(environment) });
  const stores = opened?.stores ?? outside.forWork(stop.signal);
  const lake = (): Workspace["lake"] => {
    if (opened === undefined) throw found;
    return opened;
  };
  try {
    return await stop.during(
      () => work({ engine, clock, here, stores, lake }),
      () => engine.interrupt(),
    );
  } finally {
    await opened?.close();
    if (workspace === undefined) engine.close();
    else await workspace.close();
    await outside.close();
  }
}

/** The lake opened, or why there is none. */
async function findLake(context: CommandContext): Promise<Workspace | MillraceError> {
  try {
    return await openThere(context, await placeOf(context));
  } catch (error) {
    const isNone =
      error instanceof MillraceError &&
      (error.code === "lake/not-there" ||
        (error.code === "project/not-found" && !context.args.has("project")));
    if (isNone) return error;
    throw error;
  }
}

function engineOptions(environment: CommandContext["environment"]): EngineOptions {
  const { MILLRACE_MEMORY_LIMIT: memoryLimit, MILLRACE_THREADS: threads } = environment;
  const threadCount = checkThreads(threads);
  checkMemory(memoryLimit);
  return {
    ...(memoryLimit === undefined || memoryLimit === "" ? {} : { memoryLimit }),
    ...(threadCount === undefined ? {} : { threads: threadCount }),
  };
}

function checkMemory(text: string | undefined): void {
  if (text === undefined || text === "" || /^\d+(\.\d+)? ?([KMGT]i?)?B$/i.test(text)) return;
  throw new MillraceError(`MILLRACE_MEMORY_LIMIT=${text} is no size`, {
    code: "cli/bad-environment",
    hint: "Give a number and a unit, such as MILLRACE_MEMORY_LIMIT=4GB.",
  });
}

function checkThreads(text: string | undefined): number | undefined {
  if (text === undefined || text === "") return undefined;
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new MillraceError(`MILLRACE_THREADS=${text} is no number of threads`, {
    code: "cli/bad-environment",
    hint: "Give a whole number from 1, such as MILLRACE_THREADS=4.",
  });
}
