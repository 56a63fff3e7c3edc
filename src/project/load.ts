/** A project file read, checked as a whole and put in order: from what a person wrote to what can be planned. */

import { readFileSync, statSync } from "node:fs";
import { stat } from "node:fs/promises";
import { registerHooks } from "node:module";
import { isAbsolute, join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { MillraceError, messageOf, systemCodeOf } from "../base/error.ts";
import { kindOf } from "../base/option.ts";
import { moduleUrl } from "../base/package.ts";
import type { Param, Secret, Text } from "../sql/template.ts";
import { resolvePlace } from "../storage/place.ts";
import type { S3Options } from "../storage/s3/option.ts";
import type { ProjectDefinition } from "./define.ts";
import { checkOutputs, orderSteps, type ProjectStep } from "./graph.ts";
import { resolveObjectStore } from "./object-store.ts";
import { type LoadedParam, paramsOfProject, resolveParams } from "./param.ts";

/** The file that a project's folder holds. */
const PROJECT_FILE = "millrace.ts";

export interface LoadOptions {
  /** Absolute. */
  readonly folder: string;
  readonly params: Readonly<Record<string, string>>;
  /** In place of what the project says. */
  readonly lake: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** A checked project: every name is known, no asset waits for itself, every parameter has its value. */
export interface Project {
  readonly name: string;
  /** Absolute; paths are relative to it. */
  readonly root: string;
  /** An absolute path, or `s3://bucket/prefix`. */
  readonly lakePath: string;
  /** What it says of object stores. */
  readonly s3: S3Options;
  /** Each after all that it needs. */
  readonly steps: readonly ProjectStep[];
  readonly params: readonly LoadedParam[];
  /** Values that must never be shown. */
  readonly secrets: readonly string[];
  text(value: Text): string;
  param(param: Param): string | number | boolean;
}

export async function loadProject(options: LoadOptions): Promise<Project> {
  const path = join(options.folder, PROJECT_FILE);
  await checkThere(options.folder, path);
  return checkProject(projectOf(await importProject(path), path), options);
}

/** Reads the SQL files that the assets name, and nothing else. */
export function checkProject(
  definition: ProjectDefinition,
  { folder, params, lake, environment }: LoadOptions,
): Project {
  const path = join(folder, PROJECT_FILE);
  const readText = (name: string): { file: string; text: string } => {
    const file = resolve(folder, name);
    return { file: shownPath(file), text: readSql(file, path) };
  };
  const secretTexts = new Map<string, string>();
  const secret = (value: Secret): string => {
    const known = secretTexts.get(value.name);
    if (known !== undefined) return known;
    const found =
      value.from === "environment"
        ? environment[value.name]
        : readSecretFile(resolve(folder, value.name));
    if (found === undefined || found === "") {
      throw new MillraceError(`The environment variable ${value.name} is not set`, {
        code: "project/no-secret",
        hint: `Set it for the command: ${value.name}=... millrace run`,
      });
    }
    secretTexts.set(value.name, found);
    return found;
  };
  const steps = orderSteps(definition.assets, readText);
  const loaded = resolveParams(paramsOfProject(definition, steps), params);
  const byName = new Map(loaded.map((one) => [one.name, one.value]));
  const param = ({ name, default: fallback }: Param): string | number | boolean =>
    byName.get(name) ?? fallback;
  const text = (value: Text): string => {
    if (typeof value === "string") return value;
    return value.kind === "param" ? String(param(value)) : secret(value);
  };
  checkOutputs(steps, { root: folder, text: (value) => folderText(value, text) });
  return {
    name: definition.name,
    root: folder,
    lakePath: resolvePlace(lake ?? text(definition.lake), folder),
    s3: resolveObjectStore(definition.s3, folder, text),
    steps,
    params: loaded,
    get secrets() {
      return [
        ...secretTexts.values(),
        ...loaded.filter((one) => one.isSecret).map(({ value }) => String(value)),
      ];
    },
    text,
    param,
  };
}

/** Two outputs in one folder are told without reading a secret that only a run needs. */
function folderText(value: Text, text: (value: Text) => string): string {
  const isSecret = typeof value === "object" && value.kind === "secret";
  return isSecret ? `${value.from} ${value.name}` : text(value);
}

async function checkThere(folder: string, path: string): Promise<void> {
  const isFolder = await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) {
    throw new MillraceError(`There is no folder ${folder}`, {
      code: "project/not-found",
      hint: "Give the folder of a project with --project, or make one with `millrace init NAME`.",
    });
  }
  const isThere = await stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
  if (!isThere) {
    throw new MillraceError(`${folder} holds no ${PROJECT_FILE}`, {
      code: "project/not-found",
      hint: "Go to the folder of a project or give it with --project. `millrace init NAME` makes a new one.",
    });
  }
}

/** A project file finds this very library under "millrace", wherever the project lies. */
let isHooked = false;
function hookLibrary(): void {
  if (isHooked) return;
  isHooked = true;
  const door = moduleUrl("index").href;
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === "millrace" ? { url: door, shortCircuit: true } : next(specifier, context),
  });
}

async function importProject(path: string): Promise<Readonly<Record<string, unknown>>> {
  hookLibrary();
  try {
    const module: unknown = await import(pathToFileURL(path).href);
    return module as Readonly<Record<string, unknown>>;
  } catch (error) {
    if (error instanceof MillraceError) throw withPlace(error, path);
    const isSyntax =
      error instanceof SyntaxError ||
      systemCodeOf(error)?.startsWith("ERR_INVALID_TYPESCRIPT") === true;
    throw new MillraceError(
      `${shownPath(path)} ${isSyntax ? "does not compile" : "fails when it is read"}: ${messageOf(error)}${placeOf(error, path)}`,
      {
        code: isSyntax ? "project/syntax" : "project/throws",
        hint: isSyntax
          ? "Mend the line; `npx tsc --noEmit` shows all such places."
          : systemCodeOf(error) === "ERR_MODULE_NOT_FOUND"
            ? "Look at its imports: paths begin with ./ and end in .ts, packages must be installed beside it."
            : "A project file only declares; what it does when it is read must not fail.",
        cause: error,
      },
    );
  }
}

/** What a builder refuses, with the line that called it. */
function withPlace(error: MillraceError, path: string): MillraceError {
  const { message, code, hint, retryable } = error;
  return new MillraceError(`${message}${placeOf(error, path)}`, {
    code,
    ...(hint === undefined ? {} : { hint }),
    retryable,
    cause: error,
  });
}

/** ` (millrace.ts:12)`, where the stack or the message tells. */
function placeOf(error: unknown, path: string): string {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  const line = stack.split(/\n/).find((one) => one.includes(path));
  const number = line?.slice(line.indexOf(path) + path.length).match(/^(?:\?[^:]*)?:(\d+)/)?.[1];
  return number === undefined ? "" : ` (${shownPath(path)}:${number})`;
}

function projectOf(module: Readonly<Record<string, unknown>>, path: string): ProjectDefinition {
  const found = module.default;
  if (kindOf(found) === "project") return found as ProjectDefinition;
  const what =
    found === undefined
      ? "exports nothing as its default"
      : "exports something else than a project as its default";
  throw new MillraceError(`${shownPath(path)} ${what}`, {
    code: "project/no-project",
    hint: 'End the file with: export default defineProject({ name: "...", assets: [ ... ] });',
  });
}

function readSql(file: string, project: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new MillraceError(
      `${shownPath(project)} needs ${shownPath(file)}, which cannot be read: ${messageOf(cause)}`,
      {
        code: "project/no-sql-file",
        hint: "The path of sqlFile() is relative to the project file.",
        cause,
      },
    );
  }
}

function readSecretFile(path: string): string {
  try {
    if (statSync(path).size > 65536) throw new Error("it is larger than 64 KiB");
    return readFileSync(path, "utf8").trim();
  } catch (cause) {
    throw new MillraceError(`The secret in ${path} cannot be read: ${messageOf(cause)}`, {
      code: "project/no-secret",
      cause,
    });
  }
}

/** Relative to where the person stands, when that is shorter. */
function shownPath(path: string): string {
  const near = relative(process.cwd(), path);
  return isAbsolute(near) || near.startsWith(`..${"/"}..`) || near === "" ? path : near;
}
