/** How long a table keeps what readers of older versions or restarted writers may still need. */

import type { RemoveFile, Transaction } from "./action.ts";
import type { TableState } from "./table-state.ts";

type Configuration = Readonly<Record<string, string>>;

const DAY_MS = 24 * 60 * 60 * 1000;
const UNIT_MS: Readonly<Record<string, number>> = {
  millisecond: 1,
  second: 1000,
  minute: 60_000,
  hour: 60 * 60_000,
  day: DAY_MS,
  week: 7 * DAY_MS,
};
const DEFAULT_DELETED_FILE_MS = 7 * DAY_MS;
const DEFAULT_LOG_MS = 30 * DAY_MS;

/** How long a removed file is kept for readers of older versions; a week unless the table says. */
export function deletedFileRetentionMs(configuration: Configuration): number {
  return intervalMs(configuration["delta.deletedFileRetentionDuration"]) ?? DEFAULT_DELETED_FILE_MS;
}

/** How long versions stay in the log; thirty days unless the table says. */
export function logRetentionMs(configuration: Configuration): number {
  return intervalMs(configuration["delta.logRetentionDuration"]) ?? DEFAULT_LOG_MS;
}

/** Removed files whose retention has not run out. */
export function tombstonesSince(
  { tombstones }: TableState,
  configuration: Configuration,
  now: Date,
): Iterable<RemoveFile> {
  const oldest = now.getTime() - deletedFileRetentionMs(configuration);
  return tombstones.values().filter((file) => (file.deletionTimestamp ?? 0) > oldest);
}

/** Transactions to remember: all, unless the table's owner set an end to it. */
export function transactionsSince(
  { transactions }: TableState,
  configuration: Configuration,
  now: Date,
): Iterable<Transaction> {
  const kept = intervalMs(configuration["delta.setTransactionRetentionDuration"]);
  if (kept === undefined) return transactions.values();
  const oldest = now.getTime() - kept;
  return transactions.values().filter((txn) => (txn.lastUpdated ?? now.getTime()) > oldest);
}

/** Milliseconds of a property such as `interval 1 week`; undefined where it is absent or of months and years. */
function intervalMs(text: string | undefined): number | undefined {
  const words = (text ?? "")
    .trim()
    .toLowerCase()
    .replace(/^interval\s+/, "");
  if (words === "") return undefined;
  let sum = 0;
  for (const [, amount, unit = ""] of words.matchAll(/(-?\d+(?:\.\d+)?)\s+([a-z]+)/g)) {
    const unitMs = UNIT_MS[unit.replace(/s$/, "")];
    if (unitMs === undefined) return undefined;
    sum += Number(amount) * unitMs;
  }
  return sum;
}
