/** What a table turned away, by reason and row by row. */

import { parseJson } from "../base/json.ts";
import { type Lake, loadTable, relationOf } from "../lake/lake.ts";
import { quarantineOf } from "../schema/table.ts";

interface RejectedRow {
  readonly id: string;
  readonly raw: string;
  readonly position: string;
  readonly file: string | null;
  readonly line: bigint | null;
  readonly reasons: readonly {
    readonly column: string | null;
    readonly rule: string;
    readonly message: string;
    readonly value: string | null;
  }[];
  readonly contract: string;
  readonly rejected_at: string;
}

interface ReasonCount {
  readonly column: string | null;
  readonly rule: string;
  readonly message: string;
  /** Rows turned away for it; a row may have several reasons. */
  readonly count: bigint;
}

export interface QuarantineReport {
  readonly table: string;
  readonly total: bigint;
  /** The most frequent first. */
  readonly reasons: readonly ReasonCount[];
  /** The first by arrival and place, at most `limit`. */
  readonly rows: readonly RejectedRow[];
  /** True where there are more rows than `rows`. */
  readonly truncated: boolean;
}

/** `table` is the table that turned rows away; `lake/no-table` where there is none. */
export async function readQuarantine(
  lake: Lake,
  table: string,
  { limit }: { readonly limit: number },
): Promise<QuarantineReport> {
  const snapshot = await lake.find(quarantineOf(table));
  if (snapshot === undefined) {
    await loadTable(lake, table);
    return { table, total: 0n, reasons: [], rows: [], truncated: false };
  }
  const relation = await relationOf(lake, snapshot);
  const { engine } = lake;
  const [count] = await engine.rows(`select count(*) as total from ${relation}`);
  const reasons = await engine.rows(
    `select reason."column" as "column", reason.rule as rule, reason.message as message, count(*) as count
     from (select distinct id, unnest(list_transform(reasons, lambda r: struct_pack("column" := r."column", rule := r.rule, message := r.message))) as reason from ${relation})
     group by all order by count desc, "column" nulls last, rule, message`,
  );
  const rows = await engine.rows(
    `select id, raw, position, file, line, to_json(reasons)::varchar as reasons, contract, rejected_at
     from ${relation} order by rejected_at, source, file, line, position, id limit ${limit}`,
  );
  const total = BigInt(String(count?.total ?? 0));
  return {
    table,
    total,
    reasons: reasons.map((row) => row as unknown as ReasonCount),
    rows: rows.map((row) => ({
      ...(row as unknown as RejectedRow),
      reasons: parseJson(String(row.reasons ?? "[]")) as RejectedRow["reasons"],
    })),
    truncated: BigInt(rows.length) < total,
  };
}
