/** The project and the lake that a command is about. */

import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { MillraceError } from "../base/error.ts";
import type { Project } from "../project/load.ts";
import type { TablePlace } from "../run/table-place.ts";
import type { EngineOptions, Workspace } from "../run/workspace.ts";
import { checkParams } from "./arguments.ts";
import type { CommandContext } from "./context.ts";
import { parseCrash } from "./crash.ts";

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
    lake: lake === undefined ? undefined : resolve(here, lake),
    environment,
  });
  output.hide(() => project.secrets);
  return project;
}

/** For commands that change the lake; the caller closes it. */
export async function openPlace(
  { environment }: Pick<CommandContext, "environment">,
  lakePath: string,
): Promise<Workspace> {
  const crash = parseCrash(environment.MILLRACE_CRASH_AT);
  const engine = engineOptions(environment);
  const { openWorkspace } = await import("../run/workspace.ts");
  return openWorkspace({ lakePath, ...engine, ...(crash === undefined ? {} : { crash }) });
}

/** Runs `work` on the lake of `--lake`, which needs no project, or else of the project. Ctrl-C ends what the engine does. */
export async function withLake<T>(
  context: CommandContext,
  work: (lake: Workspace["lake"]) => Promise<T>,
): Promise<T> {
  const { args, stop, here } = context;
  const given = args.text("lake");
  checkParams(args.texts("param"));
  const path = given === undefined ? (await openProject(context)).lakePath : resolve(here, given);
  await checkThere(path, given === undefined);
  const workspace = await openPlace(context, path);
  const { lake } = workspace;
  try {
    return await stop.during(
      () => work(lake),
      () => lake.engine.interrupt(),
    );
  } finally {
    await workspace.close();
  }
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
  const path = await findLake(context);
  const { openEngine } = await import("../run/workspace.ts");
  const { systemClock: clock } = await import("../run/clock.ts");
  const workspace = typeof path === "string" ? await openPlace(context, path) : undefined;
  const engine = workspace?.lake.engine ?? (await openEngine(engineOf));
  const lake = (): Workspace["lake"] => {
    if (workspace === undefined) throw path;
    return workspace.lake;
  };
  try {
    return await stop.during(
      () => work({ engine, clock, here, lake }),
      () => engine.interrupt(),
    );
  } finally {
    if (workspace === undefined) engine.close();
    else await workspace.close();
  }
}

/** The folder of the lake, or why there is none. */
async function findLake(context: CommandContext): Promise<string | MillraceError> {
  const { args, here } = context;
  const given = args.text("lake");
  try {
    const path = given === undefined ? (await openProject(context)).lakePath : resolve(here, given);
    await checkThere(path, given === undefined);
    return path;
  } catch (error) {
    const isNone =
      error instanceof MillraceError &&
      (error.code === "lake/not-there" ||
        (error.code === "project/not-found" && !args.has("project")));
    if (isNone) return error;
    throw error;
  }
}

async function checkThere(path: string, isOfProject: boolean): Promise<void> {
  const isThere = await stat(path).then(
    () => true,
    () => false,
  );
  if (isThere) return;
  throw new MillraceError(`There is no lake at ${path}`, {
    code: "lake/not-there",
    hint: isOfProject ? "`millrace run` makes it." : "Give the folder of a lake with --lake.",
  });
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
