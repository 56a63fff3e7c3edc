/** What a call in FROM stands for: `delta_scan(...)` a version of a table, `table_changes(...)` what happened to its rows. */

import { resolve } from "node:path";
import type { At } from "../delta/table.ts";
import { openSnapshot } from "../delta/table.ts";
import type { Engine } from "../engine/engine.ts";
import { readChanges } from "../operation/read-changes.ts";
import { isTablePath } from "../schema/table.ts";
import type { RowFilters } from "./row-condition.ts";
import type { CalledTable } from "./select.ts";
import { badCall, checkArguments, readArgument, type TableCallWords } from "./table-call.ts";
import { type OpenedTable, openAddress, scanPath, type TablePlace } from "./table-place.ts";
import { readAt } from "./time-travel.ts";

const FILES_FROM = "files_from";

/** As it can stand in FROM on the session. */
export async function relationOfCall(
  place: TablePlace,
  session: Engine,
  { call, filters = () => [] }: Pick<CalledTable, "call" | "filters">,
  words: TableCallWords,
): Promise<string> {
  return call === "delta_scan"
    ? scanTable(place, session, { ...words, filters })
    : readTableChanges(place, session, words);
}

async function scanTable(
  place: TablePlace,
  session: Engine,
  words: TableCallWords & { readonly filters: RowFilters },
): Promise<string> {
  const names = ["version", "timestamp", FILES_FROM];
  checkArguments("delta_scan", words, { least: 1, most: 1, names });
  const path = await readArgument(session, "delta_scan", words.positional[0] ?? "");
  const [first, second] = [...words.named].filter(([name]) => name !== FILES_FROM);
  if (second !== undefined)
    throw badCall("version and timestamp say the same thing twice", "Give one.");
  const at =
    first === undefined
      ? undefined
      : await readAt(session, { unit: first[0], value: first[1], table: path });
  const foreign = await foreignFolders(place, session, words);
  const { filters } = words;
  return session.relation(await scanPath(place, path, { at, filters, foreign }));
}

/** Where the files of a shallow clone may lie, besides its own folder. */
async function foreignFolders(
  { here }: TablePlace,
  session: Engine,
  { named }: TableCallWords,
): Promise<string[]> {
  const argument = named.get(FILES_FROM);
  if (argument === undefined) return [];
  const folder = await readArgument(session, "delta_scan", argument);
  return [/^[a-z][a-z0-9+.-]*:/i.test(folder) ? folder : resolve(here, folder)];
}

/** Both ends belong to the range; each is a version or a time, the last one the newest unless told. */
async function readTableChanges(
  place: TablePlace,
  session: Engine,
  words: TableCallWords,
): Promise<string> {
  checkArguments("table_changes", words, { least: 2, most: 3, names: ["inferred", FILES_FROM] });
  const [table = "", from = "", to] = words.positional;
  const text = await readArgument(session, "table_changes", table);
  const opened = await openAddress(place, isTablePath(text) ? { path: text } : { name: text });
  const first = await versionFor(session, opened, from, "from");
  const last = to === undefined ? undefined : await versionFor(session, opened, to, "to");
  const inferred = words.named.get("inferred");
  const isInferred =
    inferred !== undefined &&
    (await readArgument(session, "table_changes", inferred)).toLowerCase() === "true";
  const foreign = await foreignFolders(place, session, words);
  const { relation } = await readChanges(
    { delta: { ...opened.delta, foreign }, engine: session },
    opened.snapshot.folder,
    { from: first, inferred: isInferred, ...(last === undefined ? {} : { to: last }) },
  );
  return relation;
}

/** A range from a time begins with the first version at or after it, and one to a time ends with the last before or at it. */
async function versionFor(
  session: Engine,
  { delta, snapshot, name }: OpenedTable,
  value: string,
  end: "from" | "to",
): Promise<number> {
  const [row] = await session.rows(`select typeof(${value}\n) as type`);
  const isNumber = /^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER)$/.test(String(row?.type));
  const unit = isNumber ? "version" : "timestamp";
  const at: At = await readAt(session, { unit, value, table: name });
  if (at.version !== undefined) return at.version;
  const found = await openSnapshot(delta, snapshot.folder, at).catch((error: unknown) => {
    // Before the oldest commit there is none: all that are left come after.
    if (end === "from") return undefined;
    throw error;
  });
  if (found === undefined) return 0;
  const isBefore = found.timestamp.getTime() < (at.timestamp?.getTime() ?? 0);
  return end === "from" && isBefore ? found.version + 1 : found.version;
}
