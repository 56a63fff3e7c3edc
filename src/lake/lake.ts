/** A lake as the steps see it: tables by name, an engine that reads them, and where new files are made. */

import type { Clock } from "../base/clock.ts";
import { type Crash, noCrash } from "../base/crash-point.ts";
import { MillraceError } from "../base/error.ts";
import { nearestWord } from "../base/suggest.ts";
import type { Filter } from "../delta/filter.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import { type At, type DeltaContext, openSnapshot, refreshSnapshot, scan } from "../delta/table.ts";
import type { Engine } from "../engine/engine.ts";
import { folderOf, nameOfFolder } from "../schema/table.ts";
import { quoteName } from "../sql/quote.ts";
import type { Storage } from "../storage/storage.ts";

export interface Lake {
  readonly storage: Storage;
  readonly engine: Engine;
  readonly clock: Clock;
  readonly crash: Crash;
  readonly delta: DeltaContext;
  /** The newest version of a table; undefined where there is none. */
  find(name: string): Promise<Snapshot | undefined>;
  close(): void;
}

/** Opens nothing but what is asked for; the engine is closed with the lake. */
export function openLake(how: {
  readonly storage: Storage;
  readonly engine: Engine;
  readonly clock: Clock;
  readonly crash?: Crash;
}): Lake {
  const { storage, engine, clock, crash = noCrash } = how;
  const delta: DeltaContext = { storage, parquet: engine, clock, crash };
  const known = new Map<string, Snapshot>();
  return {
    storage,
    engine,
    clock,
    crash,
    delta,
    async find(name) {
      const folder = folderOf(name);
      const last = known.get(folder);
      const now =
        last === undefined ? await openSnapshot(delta, folder) : await refreshSnapshot(delta, last);
      if (now === undefined) known.delete(folder);
      else known.set(folder, now);
      return now;
    },
    close: () => engine.close(),
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
  const names = new Set<string>();
  for await (const { path } of lake.storage.list("")) {
    const end = path.indexOf("/_delta_log/");
    const name = end < 0 ? undefined : nameOfFolder(path.slice(0, end));
    if (name !== undefined) names.add(name);
  }
  return [...names].toSorted();
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
