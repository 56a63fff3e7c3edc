/** Which files of a table's sources are to be loaded now: what they were when last loaded, against what they are. */

import { relative, resolve, sep } from "node:path";
import { loadTable, relationOf } from "../lake/lake.ts";
import type { StepContext } from "../lake/step.ts";
import type { SystemTable } from "../lake/system-table.ts";
import {
  type Discovery,
  type FoundFile,
  listFiles,
  type UnreadableFile,
} from "../source/discover.ts";
import { listObjectFiles } from "../source/discover-object.ts";
import type { FileSource } from "../source/file-source.ts";
import { literalStart } from "../source/glob.ts";
import { quoteText } from "../sql/quote.ts";
import type { Text } from "../sql/template.ts";
import { isObjectPlace, parseObjectPlace, renderObjectPlace } from "../storage/place.ts";
import type { Ingested } from "./asset.ts";

export interface ChosenFile {
  readonly source: FileSource;
  /** The source in words, for the ledger: `csv inbox/*.csv`. */
  readonly label: string;
  readonly found: FoundFile;
  readonly why: "new" | "changed";
}

export interface Choice {
  readonly files: readonly ChosenFile[];
  /** Files that are there and were loaded as they are. */
  readonly known: number;
  readonly unreadable: readonly UnreadableFile[];
  /** By file name and by content: what was loaded into this table. */
  readonly loaded: Loaded;
}

interface LoadedState {
  readonly size: number;
  readonly modified: number;
  readonly hash: string;
  readonly state: string;
  /** Of the table, by the commit that loaded the file. */
  readonly version: number;
  /** Hash of what was last loaded under this name; undefined where every version of the file was refused. */
  readonly takenHash: string | undefined;
}

export interface Loaded {
  readonly byName: ReadonlyMap<string, LoadedState>;
  /** Name of a file with this content. */
  readonly byHash: ReadonlyMap<string, string>;
}

const LOADS: SystemTable = "system.loads";

export async function chooseFiles(
  context: Pick<StepContext, "lake" | "root" | "text">,
  asset: Ingested,
  { all = false }: { /** Also those that were loaded as they are. */ readonly all?: boolean } = {},
): Promise<Choice> {
  const loaded = await readLoaded(context, asset.name);
  const files: ChosenFile[] = [];
  const unreadable: UnreadableFile[] = [];
  const seen = new Set<string>();
  let known = 0;
  for (const source of asset.definition.sources) {
    const discovery = await listSource(context, source);
    unreadable.push(...discovery.problems);
    for (const found of discovery.files) {
      if (seen.has(found.name)) continue;
      seen.add(found.name);
      const before = loaded.byName.get(found.name);
      const isSame = before?.size === found.sizeBytes && before.modified === found.modifiedMs;
      if (isSame && !all) known += 1;
      else
        files.push({
          source,
          label: labelOf(source),
          found,
          why: before === undefined ? "new" : "changed",
        });
    }
  }
  // A table that is replaced whole needs all files again as soon as one of them differs or is gone.
  // What an earlier version was made of plays no part any more.
  const loads = [...loaded.byName].filter(([, { state }]) => state === "loaded");
  const last = Math.max(...loads.map(([, { version }]) => version));
  const isGone = loads.some(([name, { version }]) => version === last && !seen.has(name));
  const isReplaced =
    asset.definition.write === "overwrite" && seen.size > 0 && (files.length > 0 || isGone);
  if (!isReplaced) return { files, known, unreadable, loaded };
  return { files: await allFiles(context, asset, loaded), known: 0, unreadable, loaded };
}

/** The source in words without the values of secrets. */
export function labelOf({ format, path }: FileSource): string {
  return `${format} ${textLabel(path)}`;
}

function textLabel(path: Text): string {
  if (typeof path === "string") return path;
  return path.kind === "param" ? `$${path.name}` : `${path.from} ${path.name}`;
}

/** The files of a source; where its place is secret they go by the name of the secret, which may be remembered. */
async function listSource(
  { text, root, lake }: Pick<StepContext, "lake" | "root" | "text">,
  { path }: FileSource,
): Promise<Discovery> {
  const pattern = text(path);
  if (isObjectPlace(pattern)) {
    const found = await listObjectFiles(pattern, lake.stores);
    const isOpen = typeof path === "string" || path.kind === "param";
    return isOpen ? found : hidePlace(found, renderObjectPlace(parseObjectPlace(pattern)), path);
  }
  const discovery = await listFiles(pattern, root);
  if (typeof path === "string" || path.kind === "param") return discovery;
  const parts = pattern.split("/");
  const wild = parts.findIndex((part) => /[*?[{]/.test(part));
  const folder = resolve(root, parts.slice(0, wild < 0 ? parts.length : wild).join("/"));
  const renamed = <F extends { readonly path: string }>(file: F): F & { readonly name: string } => {
    const inside = relative(folder, file.path).split(sep).join("/");
    return { ...file, name: inside === "" ? textLabel(path) : `${textLabel(path)}/${inside}` };
  };
  return { files: discovery.files.map(renamed), problems: discovery.problems.map(renamed) };
}

/** Objects of a secret place go by the name of the secret and what stands behind the first folders. */
function hidePlace({ files, problems }: Discovery, pattern: string, path: Text): Discovery {
  const start = literalStart(pattern);
  const folder = start === pattern ? start : start.slice(0, start.lastIndexOf("/") + 1);
  const nameOf = (name: string): string => {
    const inside = name.slice(folder.length);
    return inside === "" ? textLabel(path) : `${textLabel(path)}/${inside}`;
  };
  return { files: files.map((file) => ({ ...file, name: nameOf(file.name) })), problems };
}

async function allFiles(
  context: Pick<StepContext, "lake" | "root" | "text">,
  asset: Ingested,
  { byName }: Loaded,
): Promise<ChosenFile[]> {
  const found = new Map<string, ChosenFile>();
  for (const source of asset.definition.sources) {
    for (const file of (await listSource(context, source)).files) {
      const why = byName.has(file.name) ? "changed" : "new";
      if (!found.has(file.name))
        found.set(file.name, { source, label: labelOf(source), found: file, why });
    }
  }
  return [...found.values()];
}

async function readLoaded({ lake }: Pick<StepContext, "lake">, name: string): Promise<Loaded> {
  const byName = new Map<string, LoadedState>();
  const byHash = new Map<string, string>();
  if ((await lake.find(name)) === undefined || (await lake.find(LOADS)) === undefined)
    return { byName, byHash };
  const loads = await loadTable(lake, LOADS);
  const rows = await lake.engine.rows(
    `select file, size, modified, hash, state, version from ${await relationOf(lake, loads)} where asset = ${quoteText(name)} order by version, recorded_at`,
  );
  for (const row of rows) {
    const file = String(row.file);
    const hash = String(row.hash);
    const isTaken = row.state !== "refused";
    byName.set(file, {
      size: Number(row.size),
      modified: Number(row.modified),
      hash,
      state: String(row.state),
      version: Number(row.version),
      takenHash: isTaken ? hash : byName.get(file)?.takenHash,
    });
    if (row.state === "loaded") byHash.set(hash, file);
  }
  return { byName, byHash };
}
