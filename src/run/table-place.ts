/** Where a person's tables are found: by name in a lake, or by path or address anywhere, which needs no lake. */

import { readdir, stat } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Clock } from "../base/clock.ts";
import { MillraceError } from "../base/error.ts";
import type { Filters } from "../delta/filter.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import { type At, type DeltaContext, openScan, openSnapshot } from "../delta/table.ts";
import type { Engine } from "../engine/engine.ts";
import { type Lake, loadTable } from "../lake/lake.ts";
import { isTablePath } from "../schema/table.ts";
import type { TableFiles } from "../schema/table-files.ts";
import { localStorage } from "../storage/local.ts";
import type { Stores } from "../storage/open.ts";
import { isObjectPlace, parseObjectPlace, renderObjectPlace } from "../storage/place.ts";
import type { Storage } from "../storage/storage.ts";

export interface TablePlace {
  readonly engine: Engine;
  readonly clock: Clock;
  /** Absolute: paths are relative to it. */
  readonly here: string;
  readonly stores: Stores;
  /** In which tables stand by name; throws where there is none. */
  lake(): Lake;
}

/** How a person names a table on the command line. */
export type TableAddress = { readonly name: string } | { readonly path: string };

/** A table version with all that reading it needs. */
export interface OpenedTable {
  /** As messages call it. */
  readonly name: string;
  /** Of its folder. */
  readonly uri: string;
  readonly delta: DeltaContext;
  readonly snapshot: Snapshot;
}

export async function openAddress(
  place: TablePlace,
  address: TableAddress,
  at?: At,
): Promise<OpenedTable> {
  if ("path" in address) return openPath(place, address.path, at);
  const lake = place.lake();
  const snapshot = await loadTable(lake, address.name, at);
  const { delta, storage } = lake;
  return { name: address.name, uri: `${storage.uri}/${snapshot.folder}`, delta, snapshot };
}

/** The table in a folder; `delta/no-table` says what is there instead. */
async function openPath(place: TablePlace, path: string, at?: At): Promise<OpenedTable> {
  const { found, uri, delta } = await findAt(place, path, (context, folder) =>
    openSnapshot(context, folder, at),
  );
  return { name: path, uri, delta, snapshot: found };
}

export interface PathScan {
  readonly at: At | undefined;
  readonly filters: Filters;
  /** Where else its files may lie. */
  readonly foreign: readonly string[];
}

/** What a query with these filters reads of the table in a folder; throws as `openAddress` does. */
export async function scanPath(
  place: TablePlace,
  path: string,
  { at, filters, foreign }: PathScan,
): Promise<TableFiles> {
  const { found } = await findAt(place, path, (delta, folder) =>
    openScan({ ...delta, foreign }, folder, filters, at),
  );
  return found.table;
}

async function findAt<T>(
  place: TablePlace,
  path: string,
  open: (delta: DeltaContext, folder: string) => Promise<T | undefined>,
): Promise<{ readonly uri: string; readonly delta: DeltaContext; readonly found: T }> {
  const isObject = isObjectPlace(path);
  const { storage, folder } = isObject
    ? locateObject(path, place.stores)
    : locate(path, place.here);
  const delta = { storage, parquet: place.engine, clock: place.clock };
  const uri = folder === "" ? storage.uri : `${storage.uri}/${folder}`;
  const isFolder =
    isObject ||
    (await stat(uri).then(
      (found) => found.isDirectory(),
      () => false,
    ));
  const found = isFolder ? await open(delta, folder) : undefined;
  if (found === undefined)
    throw await (isObject ? noTableInStore(uri, storage, folder) : noTable(path, uri));
  return { uri, delta, found };
}

/** The table's folder is named below its parent, so that messages call it by its last name. */
function locate(path: string, here: string): { storage: Storage; folder: string } {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(path)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== "file") {
    throw new MillraceError(`${path} is not on this machine's disk`, {
      code: "query/bad-path",
      hint: "Give the path of a folder, or s3://bucket/prefix.",
    });
  }
  const full = resolve(here, scheme === "file" ? pathOfUrl(path) : path);
  return { storage: localStorage(dirname(full)), folder: basename(full) };
}

function locateObject(path: string, stores: Stores): { storage: Storage; folder: string } {
  const { bucket, prefix } = parseObjectPlace(path);
  const above = prefix.split("/").slice(0, -1).join("/");
  const storage = stores.open(renderObjectPlace({ bucket, prefix: above }));
  return { storage, folder: prefix.split("/").at(-1) ?? "" };
}

async function noTableInStore(
  uri: string,
  storage: Storage,
  folder: string,
): Promise<MillraceError> {
  const names = await storage.listFolders(folder);
  const [some] = names;
  return new MillraceError(`${uri} holds no _delta_log, so it is no Delta table`, {
    code: "delta/no-table",
    hint:
      some === undefined
        ? "Nothing stands there: look at the bucket and the prefix."
        : `Give the prefix above _delta_log. Below it stand ${names.slice(0, TOLD).join(", ")}.`,
  });
}

function pathOfUrl(url: string): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw new MillraceError(`${url} is no address of a folder of this machine`, {
      code: "query/bad-path",
      hint: "Write file:///path/of/the/table, or the path alone.",
      cause,
    });
  }
}

async function noTable(path: string, folder: string): Promise<MillraceError> {
  const fail = (message: string, hint: string): MillraceError =>
    new MillraceError(message, { code: "delta/no-table", hint });
  const found = await stat(folder).catch(() => undefined);
  if (found === undefined) {
    const isName = !isTablePath(path) && path.includes(".");
    const named = isName ? ` A table of the lake stands by its name alone: from ${path}` : "";
    return fail(
      `There is no folder ${folder}`,
      `Paths are relative to the current folder.${named}`,
    );
  }
  if (!found.isDirectory()) {
    const reader = READERS[extname(folder).toLowerCase()];
    return fail(
      `${folder} is a file, and a Delta table is a folder`,
      reader === undefined
        ? "Give the folder that holds _delta_log."
        : `A query reads such a file with ${reader}('${path}').`,
    );
  }
  if (basename(folder) === "_delta_log")
    return fail(`${folder} is the log of a table`, `Give the folder above: ${dirname(folder)}`);
  const names = await readdir(folder);
  if (names.includes("_delta_log"))
    return fail(`The log of ${folder} holds no commit`, "It was emptied or never filled.");
  const below = await tablesBelow(folder, names);
  const other = Object.entries(OTHERS).find(([name]) => names.includes(name))?.[1];
  return fail(
    `${folder} holds no _delta_log, so it is no Delta table`,
    below.length > 0
      ? `Tables below it: ${below.join(", ")}`
      : other === undefined
        ? "Give the folder that holds _delta_log."
        : `It looks like a table of ${other}, which Millrace does not read.`,
  );
}

const READERS: Readonly<Record<string, string>> = {
  ".parquet": "read_parquet",
  ".csv": "read_csv",
  ".json": "read_json",
  ".ndjson": "read_json",
};

/** Folders by which tables of another kind are known. */
const OTHERS: Readonly<Record<string, string>> = { metadata: "Iceberg", ".hoodie": "Hudi" };

/** Folders that are looked into, and tables that are told. */
const LOOKED_INTO = 100;
const TOLD = 5;

/** Tables one or two folders down: somebody gave the folder of a lake. */
async function tablesBelow(folder: string, names: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const name of names.slice(0, LOOKED_INTO)) {
    const inner = await readdir(join(folder, name)).catch((): string[] => []);
    if (inner.includes("_delta_log")) found.push(join(folder, name));
    for (const next of inner.slice(0, LOOKED_INTO)) {
      const deepest = await readdir(join(folder, name, next)).catch((): string[] => []);
      if (deepest.includes("_delta_log")) found.push(join(folder, name, next));
      if (found.length >= TOLD) return found;
    }
  }
  return found;
}
