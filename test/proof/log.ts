/** A Delta log read a second time, by a reader of its own: plain JSON, no part of `src/delta` that could be wrong in the same way. */

import { systemCodeOf } from "../../src/base/error.ts";
import { isJsonObject, type JsonObject, parseJson } from "../../src/base/json.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { quoteText } from "../../src/sql/quote.ts";
import type { Storage, StoredFile } from "../../src/storage/storage.ts";

export interface Action {
  /** `add`, `remove`, `txn`, ... */
  readonly kind: string;
  readonly body: JsonObject;
}

export interface Commit {
  readonly version: number;
  readonly actions: readonly Action[];
}

export interface CheckpointFiles {
  readonly version: number;
  /** Of one form of it, complete. */
  readonly files: readonly StoredFile[];
}

export interface Log {
  /** Ascending. */
  readonly commits: readonly Commit[];
  readonly checkpoints: readonly CheckpointFiles[];
  /** Every file below the table's folder, by its path in the folder. */
  readonly files: ReadonlyMap<string, StoredFile>;
}

const COMMIT = /^_delta_log\/(\d{20})\.json$/;
const CHECKPOINT =
  /^_delta_log\/(\d{20})\.checkpoint(?:\.[0-9a-f-]{36}|\.\d{10}\.(\d{10}))?\.(?:parquet|json)$/;

export async function readLog(storage: Storage, folder: string): Promise<Log> {
  const files = new Map<string, StoredFile>();
  for await (const file of storage.list(folder)) {
    files.set(folder === "" ? file.path : file.path.slice(folder.length + 1), file);
  }
  const commits: Commit[] = [];
  const forms = new Map<string, { version: number; files: StoredFile[]; of: number }>();
  for (const [name, file] of files) {
    const version = COMMIT.exec(name)?.[1];
    if (version !== undefined) {
      const actions = parseLines(new TextDecoder().decode(await storage.read(file.path)));
      commits.push({ version: Number(version), actions });
    }
    const [, of, parts = "1"] = CHECKPOINT.exec(name) ?? [];
    if (of === undefined) continue;
    const key = name.includes(`.${parts}.parquet`) ? `${of}/${parts}` : name;
    const form = forms.get(key) ?? { version: Number(of), files: [], of: Number(parts) };
    form.files.push(file);
    forms.set(key, form);
  }
  const complete = [...forms.values()].filter((form) => form.files.length === form.of);
  return {
    commits: commits.toSorted((a, b) => a.version - b.version),
    checkpoints: complete.toSorted((a, b) => a.version - b.version),
    files,
  };
}

/** The actions of a checkpoint, those of its sidecars among them. */
export async function readCheckpoint(
  { storage, engine, folder }: { storage: Storage; engine: Engine; folder: string },
  { files }: CheckpointFiles,
): Promise<Action[]> {
  const read = async (path: string): Promise<Action[]> => {
    if (path.endsWith(".json")) {
      return parseLines(new TextDecoder().decode(await storage.read(path)));
    }
    const local = quoteText(await storage.localPath(path));
    const rows = await engine.rows(
      `SELECT CAST(to_json(t) AS VARCHAR) AS line FROM read_parquet(${local}, hive_partitioning = false) AS t`,
    );
    return rows.flatMap(({ line }) => parseLines(String(line)));
  };
  const actions = (await Promise.all(files.map(({ path }) => read(path)))).flat();
  const prefix = folder === "" ? "" : `${folder}/`;
  const sidecars = actions.filter(({ kind }) => kind === "sidecar");
  const inside = await Promise.all(
    sidecars.map(({ body }) => read(`${prefix}_delta_log/_sidecars/${String(body.path)}`)),
  );
  return [...actions, ...inside.flat()];
}

function parseLines(text: string): Action[] {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return lines.flatMap((line) => {
    const value = parseJson(line);
    if (!isJsonObject(value)) throw new Error(`no object: ${line}`);
    return Object.entries(value).flatMap(([kind, body]) =>
      isJsonObject(body) ? [{ kind, body }] : [],
    );
  });
}

export function commitInfoOf({ actions }: Commit): JsonObject {
  return actions.find(({ kind }) => kind === "commitInfo")?.body ?? {};
}

/** The commits from a version on, as far as they follow each other, at most `most`. */
export async function readCommits(
  storage: Storage,
  folder: string,
  from: number,
  most = Number.POSITIVE_INFINITY,
): Promise<Commit[]> {
  const commits: Commit[] = [];
  for (let version = from; version < from + most; version += 1) {
    const name = `${String(version).padStart(20, "0")}.json`;
    try {
      const bytes = await storage.read(`${folder}/_delta_log/${name}`);
      commits.push({ version, actions: parseLines(new TextDecoder().decode(bytes)) });
    } catch (error) {
      if (systemCodeOf(error) !== "storage/not-found") throw error;
      break;
    }
  }
  return commits;
}

/** What a file action is about: path and deletion vector. */
export function identityOf({ path, deletionVector }: JsonObject): string {
  const file = decodeURIComponent(String(path).replace(/^file:\/*/, "/"));
  if (!isJsonObject(deletionVector)) return file;
  const { storageType, pathOrInlineDv, offset } = deletionVector;
  if (typeof storageType !== "string") return file;
  return `${file} with ${storageType}${String(pathOrInlineDv)}${isMissing(offset) ? "" : `@${String(offset)}`}`;
}

export function isMissing(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}
