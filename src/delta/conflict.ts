/** Whether a commit that won the race leaves ours true. */

import { MillraceError } from "../base/error.ts";
import { type Actions, keyOf } from "./action.ts";

/** What our commit relied on when it was planned. */
export interface Reliance {
  readonly wholeTable: boolean;
  /** Applications whose transactions we read or write. */
  readonly appIds: ReadonlySet<string>;
  /** Files we remove, by `keyOf`. */
  readonly removes: ReadonlySet<string>;
}

export interface Winner {
  readonly version: number;
  readonly actions: Actions;
}

/**
 * Throws `delta/conflict` where the winner makes ours untrue: it changed what the table is, went on
 * with a transaction we know, took a file we remove, or changed rows that we read.
 * Two commits that only add rows never conflict.
 */
export function checkNoConflict(ours: Reliance, winner: Winner, table: string): void {
  const { actions } = winner;
  if (actions.protocol !== undefined || actions.metadata !== undefined) {
    throw conflict(table, winner, "it changed the table's schema or properties");
  }
  const transaction = actions.transactions.find(({ appId }) => ours.appIds.has(appId));
  if (transaction !== undefined) {
    throw conflict(
      table,
      winner,
      `it went on with "${transaction.appId}" to ${transaction.version}, as another instance of the same work would`,
    );
  }
  const removed = actions.removes.find((file) => ours.removes.has(keyOf(file)));
  if (removed !== undefined) {
    throw conflict(table, winner, `it removed the file ${removed.path}, which this one removes`);
  }
  const changesRows = [...actions.adds, ...actions.removes].some((file) => file.dataChange);
  if (ours.wholeTable && changesRows) {
    throw conflict(table, winner, "it changed rows of the table, all of which this one had read");
  }
}

/** The error for a lost race that cannot be won by trying again with the same content. */
export function conflict(table: string, { version, actions }: Winner, why: string): MillraceError {
  const operation = String(actions.info?.operation ?? "another commit");
  return new MillraceError(
    `The commit to table ${table} lost to version ${version} (${operation}): ${why}.`,
    {
      code: "delta/conflict",
      hint: "Nothing was written. Run the step again: it starts from the newer version.",
      retryable: true,
    },
  );
}
