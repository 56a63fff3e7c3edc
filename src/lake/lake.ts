/** A lake as the steps see it: tables by name, an engine that reads them, and where new files are made. */

import type { Clock } from "../base/clock.ts";
import { type Crash, noCrash } from "../base/crash-point.ts";
import { MillraceError } from "../base/error.ts";
import { mapInOrder } from "../base/parallel.ts";
import { nearestWord } from "../base/suggest.ts";
import type { Filter } from "../delta/filter.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import { type At, type DeltaContext, openSnapshot, refreshSnapshot, scan } from "../delta/table.ts";
import type { Engine } from "../engine/engine.ts";
import { folderOf, nameOfFolder } from "../schema/table.ts";
import { quoteName } from "../sql/quote.ts";
import { openStores, type Stores } from "../storage/open.ts";
import type { Storage } from "../storage/storage.ts";

const LISTED_AT_ONCE = 8;

export interface Lake {
  readonly storage: Storage;
  readonly engine: Engine;
  readonly clock: Clock;
  readonly crash: Crash;
  readonly delta: DeltaContext;
  /** Places outside of the lake that steps read. */
  readonly stores: Stores;
  /** The newest version of a table; undefined where there is none. */
  find(name: string): Promise<Snapshot | undefined>;
  /** The same lake for one piece of work: `close` lets go of what it fetched, and `signal` ends its transfers. */
  forWork(signal?: AbortSignal): Lake;
  close(): Promise<void>;
}

export interface LakeParts {
  readonly storage: Storage;
  readonly engine: Engine;
  readonly clock: Clock;
  readonly crash?: Crash;
  readonly stores?: Stores;
}

/** Opens nothing but what is asked for; all its parts are closed with the lake. */
export function openLake(how: LakeParts): Lake {
  const { stores = openStores(), engine } = how;
  return lakeOver({ ...how, stores }, new Map(), () => engine.close());
}

/** `known` holds the last snapshot of each table by its folder. */
function lakeOver(
  parts: LakeParts & { readonly stores: Stores },
  known: Map<string, Snapshot>,
  end: () => void,
): Lake {
  const { storage, engine, clock, crash = noCrash, stores } = parts;
  const delta: DeltaContext = { storage, parquet: engine, clock, crash };
  return {
    storage,
    engine,
    clock,
    crash,
    delta,
    stores,
    async find(name) {
      const folder = folderOf(name);
      const last = known.get(folder);
      const now =
        last === undefined ? await openSnapshot(delta, folder) : await refreshSnapshot(delta, last);
      if (now === undefined) known.delete(folder);
      else known.set(folder, now);
      return now;
    },
    forWork: (signal) =>
      lakeOver(
        { ...parts, storage: storage.forWork(signal), stores: stores.forWork(signal) },
        known,
        () => {},
      ),
    async close() {
      end();
      await stores.close();
      await storage.close();
    },
  };
}

/** A version of a table that must be there. */
export async function loadTable(lake: Lake, name: string, at?: At): Promise<Snapshot> {
  const snapshot =
    at === undefined ? await lake.find(name) : await openSnapshot(lake.delta, folderOf(name), at);
  if (snapshot !== undefined) return snapshot;
  const near = nearestWord(name, await listTables(lake));
  throw new MillraceError(`There is no table ${name} in ${lake.storage.uri}`, {
    code: "lake/no-table",
    hint:
      near === undefined
        ? "`millrace tables` lists what is there; `millrace run` makes what the project declares."
        : `Did you mean ${near}?`,
  });
}

/** The names of all tables, sorted. */
export async function listTables(lake: Lake): Promise<string[]> {
  const { storage } = lake;
  const schemas = await storage.listFolders("");
  const folders = await mapInOrder(schemas, LISTED_AT_ONCE, async (schema) =>
    (await storage.listFolders(schema)).map((table) => `${schema}/${table}`),
  );
  const names = await mapInOrder(folders.flat(), LISTED_AT_ONCE, async (folder) => {
    const hasLog = (await storage.listFolders(folder)).includes("_delta_log");
    // A writer that died before the first commit leaves an empty log.
    const isTable = hasLog && (await holdsFile(storage, `${folder}/_delta_log`));
    const name = isTable ? nameOfFolder(folder) : undefined;
    return name === undefined ? [] : [name];
  });
  return names.flat().toSorted();
}

async function holdsFile(storage: Storage, folder: string): Promise<boolean> {
  for await (const _ of storage.list(folder)) return true;
  return false;
}

/** A table version as text that can stand in FROM on any session of the engine. */
export async function relationOf(
  lake: Pick<Lake, "engine" | "delta">,
  snapshot: Snapshot,
  filters: readonly Filter[] = [],
): Promise<string> {
  return lake.engine.relation(await scan(lake.delta, snapshot, filters));
}

/** Makes the table version known to one session as `"bronze.orders"`, which is what `viewName` gives. */
export async function openView(
  lake: Lake,
  session: Engine,
  name: string,
  snapshot: Snapshot,
): Promise<void> {
  await session.run(
    `create or replace temp view ${viewName(name)} as select * from ${await relationOf(lake, snapshot)}`,
  );
}

export function viewName(table: string): string {
  return quoteName(table);
}
