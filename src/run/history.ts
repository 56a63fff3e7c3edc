/** What happened to a table, version by version, in the words of those who wrote it. */

import { type CommitRecord, history } from "../delta/history.ts";
import { addLedgers, type Ledger, stepInfoOf } from "../lake/step-info.ts";
import type { OpenedTable } from "./table-place.ts";

export interface TableVersion {
  readonly version: number;
  readonly at: Date;
  readonly operation: string;
  /** Who wrote it: `Millrace`, `Apache-Spark/4.0.0 Delta-Lake/4.0.0`. */
  readonly engine: string | undefined;
  readonly run: string | undefined;
  /** Rows that it wrote, where the writer told. */
  readonly rows: bigint | undefined;
  /** Of our own steps: what became of the rows that were read. */
  readonly ledger: Ledger | undefined;
  readonly files_added: number;
  readonly files_removed: number;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly metrics: Readonly<Record<string, unknown>>;
}

/** Newest first, from the version that is opened; at most `limit`. Commits cleaned away are not listed. */
export async function readHistory(
  { delta, snapshot }: Pick<OpenedTable, "delta" | "snapshot">,
  { limit }: { readonly limit?: number } = {},
): Promise<TableVersion[]> {
  const { folder, version: last } = snapshot;
  const records = await history(delta, folder, { last, ...(limit === undefined ? {} : { limit }) });
  return records.map(versionOf);
}

function versionOf(record: CommitRecord): TableVersion {
  const info = stepInfoOf(record.info);
  const ledger = info === undefined ? undefined : addLedgers(info.ledger);
  const { numOutputRows } = record.metrics;
  const counted =
    (typeof numOutputRows === "string" || typeof numOutputRows === "number") &&
    /^\d+$/.test(String(numOutputRows))
      ? BigInt(numOutputRows)
      : undefined;
  return {
    version: record.version,
    at: record.timestamp,
    operation: record.operation,
    engine: record.engineInfo,
    run: info?.run,
    rows: counted ?? (ledger === undefined ? undefined : BigInt(ledger.written)),
    ledger,
    files_added: record.addedFiles,
    files_removed: record.removedFiles,
    parameters: record.parameters,
    metrics: record.metrics,
  };
}
