/** The ledger: of each run and source how many rows were read and what became of them, and whether it comes out even. */

import type { Row } from "../engine/engine.ts";
import { type Lake, relationOf } from "../lake/lake.ts";
import { quoteText } from "../sql/quote.ts";

interface LedgerCounts {
  readonly read: bigint;
  readonly written: bigint;
  readonly quarantined: bigint;
  readonly deduplicated: bigint;
  readonly filtered: bigint;
}

export interface LedgerLine extends LedgerCounts {
  readonly run: string;
  readonly asset: string;
  readonly kind: string;
  readonly source: string;
  readonly version: bigint;
  readonly recorded_at: string;
  /** read = written + quarantined + deduplicated + filtered. */
  readonly balances: boolean;
}

export interface LedgerSum extends LedgerCounts {
  readonly asset: string;
  readonly kind: string;
  readonly source: string;
  readonly lines: bigint;
}

export interface LedgerReport {
  readonly lines: readonly LedgerLine[];
  /** True where older lines are left out of `lines`; `sums` and `balances` are about all. */
  readonly truncated: boolean;
  /** Over all runs. */
  readonly sums: readonly LedgerSum[];
  readonly count: bigint;
  /** Lines that do not come out even: there must be none. */
  readonly unbalanced: bigint;
  readonly balances: boolean;
}

const COUNTS = ["read", "written", "quarantined", "deduplicated", "filtered"] as const;
const SUMS = COUNTS.map((name) => `sum("${name}")::bigint as "${name}"`).join(", ");
const BALANCES = "read = written + quarantined + deduplicated + filtered";

export interface LedgerOptions {
  /** Of the lines shown, the newest; all by default. */
  readonly limit?: number;
  readonly run?: string;
  readonly asset?: string;
}

/** Lines newest first. A lake in which nothing ran has an empty ledger. */
export async function readLedger(
  lake: Lake,
  { limit, run, asset }: LedgerOptions = {},
): Promise<LedgerReport> {
  const snapshot = await lake.find("system.ledger");
  if (snapshot === undefined) {
    return { lines: [], truncated: false, sums: [], count: 0n, unbalanced: 0n, balances: true };
  }
  const conditions = Object.entries({ run, asset }).flatMap(([column, value]) =>
    value === undefined ? [] : [`"${column}" = ${quoteText(value)}`],
  );
  const from = `${await relationOf(lake, snapshot)} where ${["true", ...conditions].join(" and ")}`;
  const lines = await lake.engine.rows(
    `select *, coalesce(${BALANCES}, false) as balances from ${from}
     order by recorded_at desc, run, asset, source ${limit === undefined ? "" : `limit ${limit}`}`,
  );
  const sums = await lake.engine.rows(
    `select asset, kind, source, count(*) as lines, ${SUMS} from ${from} group by all order by asset, kind, source`,
  );
  const [all] = await lake.engine.rows(
    `select count(*) as count, count(*) filter (${BALANCES}) as balanced from ${from}`,
  );
  const count = countOf(all, "count");
  const unbalanced = count - countOf(all, "balanced");
  return {
    lines: lines.map((line) => line as unknown as LedgerLine),
    truncated: BigInt(lines.length) < count,
    sums: sums.map((sum) => sum as unknown as LedgerSum),
    count,
    unbalanced,
    balances: unbalanced === 0n,
  };
}

function countOf(row: Row | undefined, name: string): bigint {
  return BigInt(String(row?.[name] ?? 0));
}
