/** What a step leaves in the commit that it makes: all that the tables derived from it need. */

/** The rows of one source of one step. Every one that was read is accounted for, or the step has failed. */
export interface Ledger {
  readonly read: number;
  readonly written: number;
  readonly quarantined: number;
  readonly deduplicated: number;
  readonly filtered: number;
}

export interface SourceLedger extends Ledger {
  /** As declared: `csv inbox/*.csv`; for a transform the tables it reads. */
  readonly source: string;
}

export interface LoadedFile {
  readonly source: string;
  readonly file: string;
  readonly size: number;
  readonly modified: number;
  /** Of the content, with the name of the hash: `xxh64:...`. */
  readonly hash: string;
  /** `loaded`, `refused` as a whole, or a `duplicate` of a file loaded before. */
  readonly state: "loaded" | "refused" | "duplicate";
}

/** Under `commitInfo.millrace`. */
export interface StepInfo {
  readonly run: string;
  readonly asset: string;
  readonly kind: "ingest" | "replay" | "keep" | "erase" | "transform";
  readonly ledger: readonly SourceLedger[];
  readonly files?: readonly LoadedFile[];
  /** What this commit means for the quarantine: data files that are already in its folder, and ones to take out before. */
  readonly quarantine?: {
    readonly add: readonly unknown[];
    readonly remove: readonly string[] | "all";
  };
}

export const NOTHING: Ledger = {
  read: 0,
  written: 0,
  quarantined: 0,
  deduplicated: 0,
  filtered: 0,
};

export function addLedgers(ledgers: readonly Ledger[]): Ledger {
  return ledgers.reduce<Ledger>(
    (sum, one) => ({
      read: sum.read + one.read,
      written: sum.written + one.written,
      quarantined: sum.quarantined + one.quarantined,
      deduplicated: sum.deduplicated + one.deduplicated,
      filtered: sum.filtered + one.filtered,
    }),
    NOTHING,
  );
}

export function balances(ledger: Ledger): boolean {
  return (
    ledger.read === ledger.written + ledger.quarantined + ledger.deduplicated + ledger.filtered
  );
}

/** The info of one of our commits, or undefined where another writer made it. */
export function stepInfoOf(
  info: Readonly<Record<string, unknown>> | undefined,
): StepInfo | undefined {
  const isOurs = info !== undefined && typeof info.asset === "string" && Array.isArray(info.ledger);
  return isOurs ? (info as unknown as StepInfo) : undefined;
}
