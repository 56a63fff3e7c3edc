/**
 * Deleting and updating rows by hand: found first, done when told to. What undoes it is refused: the next run makes a
 * table anew that is made of others or of whole files, and logs of tables name the files of their quarantines.
 */

import { MillraceError } from "../base/error.ts";
import { type CommitRecord, history } from "../delta/history.ts";
import { countEntries, eraseEntries } from "../ingest/erase.ts";
import { stepInfoOf } from "../lake/step-info.ts";
import type { Assignments } from "../operation/assignment.ts";
import { deleteRows } from "../operation/delete-rows.ts";
import { countMeant, inItsWords } from "../operation/meant-row.ts";
import { updateRows } from "../operation/update-rows.ts";
import { DEFINITION_APP } from "../transform/definition.ts";
import { checkNotOurs, type Maintenance } from "./maintenance.ts";
import { type OpenedTable, openAddress, type TableAddress } from "./table-place.ts";

export interface CorrectionOptions {
  /** SQL over the columns of the table; null is not true. */
  readonly where: string;
  /** New values by column; without them the rows are deleted. */
  readonly set?: Assignments;
  /** Also where the next run undoes it. */
  readonly force?: boolean;
}

export interface Correction {
  /** Rows that it is about, in the version that was looked at. */
  readonly rows: number;
  readonly version: number;
  /** Does it, on the newest version, in one commit; none where no row is meant. */
  apply(): Promise<Corrected>;
}

interface Corrected {
  readonly rows: number;
  readonly version: number;
}

const QUARANTINE = "quarantine.";

/** Changes nothing yet. */
export async function findCorrection(
  { place, signal }: Maintenance,
  address: TableAddress,
  { where, set, force = false }: CorrectionOptions,
): Promise<Correction> {
  if ("name" in address && address.name.startsWith(QUARANTINE) && set === undefined) {
    const erasing = { table: address.name.slice(QUARANTINE.length), where };
    const context = { lake: place.lake(), signal };
    const found = await countEntries(context, erasing);
    return { ...found, apply: () => eraseEntries(context, erasing) };
  }
  const table = await openAddress(place, address);
  const { delta, snapshot } = table;
  checkNotOurs(table.name, snapshot.metadata.name);
  if (!force) await checkLasting(table);
  const context = { delta, engine: place.engine, signal };
  const meant = { where, ...(set === undefined ? {} : { set }) };
  const rows = await countMeant(context, snapshot, meant);
  return {
    rows,
    version: snapshot.version,
    apply: () =>
      inItsWords(snapshot, async () => {
        const { snapshot: after, metrics } =
          set === undefined
            ? await deleteRows(context, snapshot, { where })
            : await updateRows(context, snapshot, { where, set });
        const { numDeletedRows = 0, numUpdatedRows = 0 } = metrics;
        return { rows: numDeletedRows + numUpdatedRows, version: after.version };
      }),
  };
}

/** Commits that are looked at for what the table was last made of. */
const LOOKED_AT = 100;

async function checkLasting({ name, delta, snapshot }: OpenedTable): Promise<void> {
  const records = await history(delta, snapshot.folder, { limit: LOOKED_AT });
  const step = (record: CommitRecord) => stepInfoOf(record.info);
  const made = records.find((one) => ["transform", "ingest"].includes(step(one)?.kind ?? ""));
  const sources = [...new Set((made && step(made)?.ledger)?.map(({ source }) => source))];
  if (snapshot.transactions.has(DEFINITION_APP)) {
    throw undone(
      `${name} is made of ${sources.join(", ") || "other tables"}, and the next run makes it again`,
      "Change the rows there, and the run changes them here. --force changes them here all the same; what lies outside of the part that a run replaces stays so.",
    );
  }
  if (made?.parameters.mode === "Overwrite") {
    throw undone(
      `${name} becomes what all its files hold (${sources.join(", ")}) as soon as one of them changes`,
      "Change the files, and run. --force changes the rows until then.",
    );
  }
}

function undone(message: string, hint: string): MillraceError {
  return new MillraceError(message, { code: "run/undone", hint });
}
