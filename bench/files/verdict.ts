/** Whether what a program left behind is right, to the last row: held against what the maker of the file knows. */

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { type Contract, refusedFlaws } from "./contract.ts";
import { FLAW_OF, FLAWS, type Format, hashOfRows, LINE_OF } from "./order.ts";

export interface Found {
  readonly good: number;
  readonly refused: number;
  /** Equal for tables with equal rows. */
  readonly hash: string;
}

export interface Expected {
  readonly format: Format;
  readonly contract: Contract;
  readonly rows: number;
}

/** What the engine alone read, without the rows that the contract refuses. */
export async function readRaw(
  path: string,
  { contract, format }: Expected,
): Promise<Omit<Found, "refused">> {
  return withEngine(async (ask) => {
    const flaw = FLAW_OF.replaceAll(/\bi\b/g, "try_cast(order_id as bigint)");
    const kept = `(from read_parquet('${path}') where order_id is not null
      and coalesce((${flaw}) not in (${refusedFlaws(contract).join(", ")}), true))`;
    return goodRows(ask, kept, { contract, format });
  });
}

/**
 * The table and the quarantine of a lake, read without Millrace. Throws where a refused row is missing, is there
 * twice or without need, has not the line it stands on in the file, or not the reason that its flaw calls for.
 */
export async function readLake(lake: string, expected: Expected): Promise<Found> {
  return withEngine(async (ask) => {
    const good = await goodRows(ask, await tableOf(join(lake, "bronze", "orders")), expected);
    const quarantine = await tableOf(join(lake, "quarantine", "bronze.orders"));
    const wrong = await ask(`select * from (${wrongRefusals(quarantine, expected)}) limit 5`);
    if (wrong.length > 0) {
      const shown = JSON.stringify(wrong, (_, value) =>
        typeof value === "bigint" ? String(value) : value,
      );
      throw new Error(`The quarantine is not what the file calls for: ${shown}`);
    }
    const [count] = await ask(`select count(*) as rows from ${quarantine}`);
    return { ...good, refused: Number(count?.rows) };
  });
}

async function goodRows(
  ask: Ask,
  relation: string,
  { contract, format }: Pick<Expected, "contract" | "format">,
): Promise<Omit<Found, "refused">> {
  const texts = format === "csv" ? "text" : "text, numbers by value";
  const [row] = await ask(hashOfRows(relation, contract === "text" ? texts : "typed"));
  return { good: Number(row?.rows), hash: String(row?.hash) };
}

/** Pairs what is refused with what must be: a row for each that has no partner, or a wrong line or reason. */
function wrongRefusals(quarantine: string, { format, contract, rows }: Expected): string {
  const reasons = FLAWS.map(({ refusal }, flaw) => {
    const { column, rule } = refusal[format];
    return `when ${flaw} then '${column ?? ""}:${rule}'`;
  });
  const must = `select i, ${LINE_OF[format]} as line, case flaw ${reasons.join(" ")} end as reason
    from (select i, ${FLAW_OF} as flaw from range(${rows}) t(i)) where flaw in (${refusedFlaws(contract).join(", ")})`;
  // A record is kept as JSON, a broken line as it stood; both begin with the number of the order.
  const is = `select regexp_extract(raw, '^(?:\\{"order_id": ?"?)?([0-9]+)', 1)::bigint as i, line,
    [coalesce(r."column", '') || ':' || r.rule for r in reasons] as reasons from ${quarantine}`;
  return `select m.i as row, m.line, m.reason, q.i as found_row, q.line as found_line, q.reasons as found_reasons
    from (${must}) m full join (${is}) q on q.i = m.i
    where m.i is null or q.i is null or q.line is distinct from m.line or not list_contains(q.reasons, m.reason)
    union all select i, null, 'once', i, null, null from (${is}) group by i having count(*) > 1`;
}

/** The files that the log of a table names, as a relation; throws where the log takes any of them away. */
async function tableOf(folder: string): Promise<string> {
  const log = join(folder, "_delta_log");
  const paths: string[] = [];
  for (const name of (await readdir(log)).filter((one) => one.endsWith(".json"))) {
    const actions = (await readFile(join(log, name), "utf8")).trim().split("\n");
    for (const action of actions.map((line) => JSON.parse(line) as Action)) {
      if (action.remove !== undefined) throw new Error(`${name} of ${folder} removes a file`);
      if (action.add !== undefined) paths.push(join(folder, decodeURIComponent(action.add.path)));
    }
  }
  return `read_parquet([${paths.map((path) => `'${path}'`).join(", ")}], hive_partitioning=false)`;
}

interface Action {
  readonly add?: { readonly path: string };
  readonly remove?: unknown;
}

type Ask = (query: string) => Promise<Record<string, unknown>[]>;

async function withEngine<T>(work: (ask: Ask) => Promise<T>): Promise<T> {
  const instance = await DuckDBInstance.create(":memory:", { threads: "2", memory_limit: "2GB" });
  try {
    const connection: DuckDBConnection = await instance.connect();
    return await work(async (query) => (await connection.runAndReadAll(query)).getRowObjectsJS());
  } finally {
    instance.closeSync();
  }
}
