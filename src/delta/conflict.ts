/** Whether a commit that won the race leaves ours true. */

import { MillraceError } from "../base/error.ts";
import { type Actions, keyOf } from "./action.ts";
import { decodePath } from "./data-path.ts";
import type { MayHaveRead } from "./reads.ts";

/** What our commit relied on when it was planned. */
export interface Reliance {
  /** Rows that we read. */
  readonly mayHaveRead: MayHaveRead;
  /** Applications whose transactions we read or write. */
  readonly appIds: ReadonlySet<string>;
  /** Domains whose metadata we write. */
  readonly domains: ReadonlySet<string>;
  /** Files we remove: `keyOf` each by its decoded path. */
  readonly removes: ReadonlyMap<string, string>;
}

export interface Winner {
  readonly version: number;
  readonly actions: Actions;
}

/**
 * Throws `delta/conflict` where the winner makes ours untrue: it changed what the table is, went on
 * with a transaction or domain we know, took a file we remove, or changed rows that we read.
 * Two commits that only add rows never conflict.
 */
export function checkNoConflict(ours: Reliance, winner: Winner, table: string): void {
  const why =
    whyTableDiffers(winner) ??
    whyMarkMoved(ours, winner) ??
    whyFileIsGone(ours, winner) ??
    whyRowsDiffer(ours, winner);
  if (why !== undefined) throw conflict(table, winner, why);
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

/** Our files, statistics and checks were made for the table as it was. */
function whyTableDiffers({ actions }: Winner): string | undefined {
  if (actions.protocol === undefined && actions.metadata === undefined) return undefined;
  return "it changed the table's schema or properties";
}

function whyMarkMoved({ appIds, domains }: Reliance, { actions }: Winner): string | undefined {
  const transaction = actions.transactions.find(({ appId }) => appIds.has(appId));
  if (transaction !== undefined) {
    return `it went on with "${transaction.appId}" to ${transaction.version}, as another instance of the same work would`;
  }
  const domain = actions.domains.find((each) => domains.has(each.domain));
  return domain && `it set the metadata of the domain "${domain.domain}", which this one sets`;
}

/**
 * By path alone, as a file has one deletion vector at a time: whoever gave it another one took what
 * we would take. The same file listed again as it was, with new statistics, is no change.
 */
function whyFileIsGone({ removes }: Reliance, { actions }: Winner): string | undefined {
  if (removes.size === 0) return undefined;
  const removed = actions.removes.find(({ path }) => removes.has(decodePath(path)));
  if (removed !== undefined) return `it removed the file ${removed.path}, which this one removes`;
  const changed = actions.adds.find((file) => {
    const key = removes.get(decodePath(file.path));
    return key !== undefined && key !== keyOf(file);
  });
  return changed && `it changed which rows of the file ${changed.path} are deleted`;
}

function whyRowsDiffer({ mayHaveRead }: Reliance, { actions }: Winner): string | undefined {
  const changes = [...actions.adds, ...actions.removes].filter(({ dataChange }) => dataChange);
  const read = changes.find(mayHaveRead);
  return read && `it changed rows of the table that this one had read, in the file ${read.path}`;
}

/** Does `act`; a race that it lost for good is told in the words of `say` in place of `delta/conflict`. */
export async function conflictAs<T>(
  say: (error: MillraceError) => MillraceError,
  act: () => Promise<T>,
): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code !== "delta/conflict") throw error;
    throw say(error);
  }
}
