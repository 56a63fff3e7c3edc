/** Looking after tables: laying their files together, removing what nobody needs, going back to a version. */

import { MillraceError } from "../base/error.ts";
import type { At, DeltaContext } from "../delta/table.ts";
import { QUARANTINE_FIELDS } from "../ingest/quarantine.ts";
import { followQuarantine } from "../lake/follow.ts";
import { type Lake, listTables } from "../lake/lake.ts";
import type { TableContext } from "../operation/context.ts";
import { type Optimized, type OptimizeOptions, optimize } from "../operation/optimize.ts";
import { type Restored, restore } from "../operation/restore.ts";
import { type Vacuumed, type VacuumOptions, vacuum } from "../operation/vacuum.ts";
import { openAddress, type TableAddress, type TablePlace } from "./table-place.ts";

export interface Maintenance {
  readonly place: TablePlace;
  readonly signal: AbortSignal;
}

export async function optimizeTable(
  { place, signal }: Maintenance,
  address: TableAddress,
  options: OptimizeOptions,
): Promise<Optimized> {
  const { delta, snapshot, name } = await openAddress(place, address);
  checkOwnFiles(name, snapshot.metadata.name, "laid together");
  return optimize(contextOf(place, delta, signal), snapshot, options);
}

export async function restoreTable(
  { place, signal }: Maintenance,
  address: TableAddress,
  at: At,
): Promise<Restored> {
  const { delta, snapshot, name } = await openAddress(place, address);
  checkOwnFiles(name, snapshot.metadata.name, "restored");
  if (snapshot.metadata.name?.startsWith(SYSTEM)) {
    throw ownTable(`${name} tells what runs did, and cannot be restored`, "Restore other tables.");
  }
  return restore(contextOf(place, delta, signal), snapshot.folder, at);
}

export type VacuumedTable = Vacuumed & { readonly table: string };

/** Without an address all tables of the lake, by name. */
export async function vacuumTables(
  { place, signal }: Maintenance,
  address: TableAddress | undefined,
  options: VacuumOptions,
): Promise<VacuumedTable[]> {
  const addresses =
    address === undefined ? (await listTables(place.lake())).map((name) => ({ name })) : [address];
  const done: VacuumedTable[] = [];
  for (const one of addresses) {
    signal.throwIfAborted();
    if ("name" in one) await bringUp(place.lake(), one.name);
    const { delta, snapshot, name } = await openAddress(place, one);
    if ("path" in one) checkOwnFiles(name, snapshot.metadata.name, "vacuumed by its path");
    const context = contextOf(place, delta, signal);
    done.push({ table: name, ...(await vacuum(context, snapshot, options)) });
  }
  return done;
}

const QUARANTINE = "quarantine.";
const SYSTEM = "system.";

/** Files of a quarantine that its table's log speaks of, and the quarantine's own not yet, are needed. */
async function bringUp(lake: Lake, name: string): Promise<void> {
  if (!name.startsWith(QUARANTINE)) return;
  await followQuarantine(lake, name.slice(QUARANTINE.length), QUARANTINE_FIELDS);
}

function contextOf(place: TablePlace, delta: DeltaContext, signal: AbortSignal): TableContext {
  return { delta, engine: place.engine, signal };
}

/** The log of a table names files of its quarantine, so these must stay what they are. */
function checkOwnFiles(name: string, called: string | undefined, what: string): void {
  if (!name.startsWith(QUARANTINE) && !called?.startsWith(QUARANTINE)) return;
  throw ownTable(
    `${name} is a quarantine, which cannot be ${what}: the log of its table names its files`,
    `Name the table that it belongs to, or \`millrace vacuum ${called ?? name}\` in its lake.`,
  );
}

function ownTable(message: string, hint: string): MillraceError {
  return new MillraceError(message, { code: "run/own-table", hint });
}
