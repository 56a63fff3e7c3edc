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

export interface VacuumedLake {
  readonly tables: readonly VacuumedTable[];
  /** Of several, those that could not be vacuumed: one stands in the way of no other. */
  readonly failed: readonly { readonly table: string; readonly error: MillraceError }[];
}

/** Without an address all tables of the lake, by name. */
export async function vacuumTables(
  maintenance: Maintenance,
  address: TableAddress | undefined,
  options: VacuumOptions,
): Promise<VacuumedLake> {
  if (address !== undefined) {
    return { tables: [await vacuumTable(maintenance, address, options)], failed: [] };
  }
  const tables: VacuumedTable[] = [];
  const failed: { table: string; error: MillraceError }[] = [];
  for (const name of await listTables(maintenance.place.lake())) {
    maintenance.signal.throwIfAborted();
    try {
      tables.push(await vacuumTable(maintenance, { name }, options));
    } catch (error) {
      if (!(error instanceof MillraceError) || maintenance.signal.aborted) throw error;
      failed.push({ table: name, error });
    }
  }
  return { tables, failed };
}

async function vacuumTable(
  { place, signal }: Maintenance,
  address: TableAddress,
  options: VacuumOptions,
): Promise<VacuumedTable> {
  if ("name" in address) await bringUp(place.lake(), address.name);
  const { delta, snapshot, name } = await openAddress(place, address);
  if ("path" in address) checkOwnFiles(name, snapshot.metadata.name, "vacuumed by its path");
  return { table: name, ...(await vacuum(contextOf(place, delta, signal), snapshot, options)) };
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

/** Throws `run/own-table` for quarantines and `system.*`, whose rows other logs tell of. */
export function checkNotOurs(name: string, called: string | undefined): void {
  checkOwnFiles(name, called, "changed by hand");
  if (![name, called].some((one) => one?.startsWith(SYSTEM))) return;
  throw ownTable(`${name} tells what runs did, and cannot be changed`, "Change other tables.");
}

function ownTable(message: string, hint: string): MillraceError {
  return new MillraceError(message, { code: "run/own-table", hint });
}
