/** Entries of a quarantine read back as raw records of their source, and judged by the contract of now. */

import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { renderJson } from "../base/json.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import type { Engine } from "../engine/engine.ts";
import { quotePath } from "../engine/path.ts";
import type { StepContext } from "../lake/step.ts";
import { NOTHING, type SourceLedger } from "../lake/step-info.ts";
import type { WrittenFile } from "../schema/table-files.ts";
import type { FileSource } from "../source/file-source.ts";
import { quoteText } from "../sql/quote.ts";
import type { Ingested } from "./asset.ts";
import { CLASS_VALUES, type Contract } from "./contract.ts";
import { recordOfLine } from "./csv-line.ts";
import { deduplicate } from "./deduplicate.ts";
import { underNewNames } from "./former-field.ts";
import { replayedRecords } from "./json-records.ts";
import { otherColumns } from "./load-group.ts";
import type { Records } from "./records.ts";
import { rowsOf, splitRecords } from "./split.ts";
import type { Target } from "./target.ts";

export interface ReplayCount {
  readonly column: string | null;
  readonly rule: string;
  readonly message: string;
  readonly count: number;
}

export interface ReplayInput {
  readonly context: StepContext;
  readonly asset: Ingested;
  readonly session: Engine;
  readonly folder: string;
  readonly seen: Snapshot | undefined;
  readonly quarantine: Snapshot;
  readonly isDryRun: boolean;
}

export interface SourceInput {
  readonly source: FileSource;
  readonly label: string;
  readonly entries: string;
  readonly contract: Contract;
  readonly target: Target;
  /** Good rows of the sources before, which go into the same commit. */
  readonly earlier: readonly WrittenFile[];
}

interface SourceResult {
  readonly tried: number;
  readonly good: readonly WrittenFile[];
  readonly ledger: SourceLedger;
  readonly reasons: readonly ReplayCount[];
  /** A query of the ids that pass. */
  readonly passed: string;
}

/** The entries of one source; undefined where it has none that can be tried. */
export async function replaySource(
  input: ReplayInput,
  { source, label, entries, contract, target, earlier }: SourceInput,
): Promise<SourceResult | undefined> {
  const { context, asset, session, folder } = input;
  const { definition } = asset;
  const found = await recordsOf(
    session,
    folder,
    source,
    `(select * from ${entries} where source = ${quoteText(label)} and form <> 'file')`,
  );
  const { columns } = definition;
  const relation = await underNewNames({ engine: session, folder, columns }, found);
  const [first] = await session.rows(`select count(*) as n from ${relation}`);
  const tried = Number(first?.n ?? 0);
  if (tried === 0) return undefined;
  const isFlat = source.format !== "json" && source.format !== "ndjson";
  // A header with columns that nobody knows has refused the whole file already.
  const hasHeader = source.format === "csv" || source.format === "parquet";
  const records: Records = replayedRecords({
    engine: session,
    relation,
    read: contract.read,
    refuseExtra: definition.extra === "reject" && !hasHeader,
    isFlat,
  });
  const split = await splitRecords({
    engine: session,
    folder,
    contract,
    records,
    columns: target.columns,
    partitionBy: definition.partitionBy,
    fieldIds: target.fieldIds,
    numbered: false,
    extra: otherColumns(definition, { contract, records, target }),
  });
  const good = await deduplicate(
    {
      lake: context.lake,
      session,
      folder,
      target,
      unique: definition.unique,
      partitionBy: definition.partitionBy,
      againstTable: true,
      earlier,
    },
    split.good,
  );
  const written = rowsOf(good);
  return {
    tried,
    good,
    ledger: {
      ...NOTHING,
      source: label,
      read: split.goodRows + split.filteredRows,
      written,
      deduplicated: split.goodRows - written,
      filtered: split.filteredRows,
    },
    reasons: await reasonsOf(session, {
      explained: contract.explain(records.raw),
      relation,
      entries,
    }),
    passed: `select "~id" as id from (${contract.judge(records.raw)}) where "~class" <> ${CLASS_VALUES.BAD}`,
  };
}

/**
 * Entries as JSON objects: lines of CSV files are cut into values. What can become no record under any contract, since
 * a line still cannot be cut or the file has none at its place, has a null `raw` and keeps its own reason.
 */
async function recordsOf(
  session: Engine,
  folder: string,
  source: FileSource,
  entries: string,
): Promise<string> {
  const columns = "id, raw, context, file, line, position";
  if (source.format !== "csv") {
    const isNone = `len(list_filter(reasons, lambda r: r."column" is null and r."rule" = 'record')) > 0`;
    const raw = `case when ${isNone} or not json_valid(raw) then null else raw end`;
    return `(select * replace (${raw} as raw) from (select ${columns}, reasons from ${entries}))`;
  }
  const target = join(folder, `lines-${randomUUID()}.ndjson`);
  const out = createWriteStream(target, { flags: "wx" });
  const dialect = {
    delimiter: source.options.delimiter ?? ",",
    quote: source.options.quote ?? '"',
    nulls: source.options.nulls ?? [],
  };
  for await (const rows of session.stream(
    `select ${columns}, reasons[1]."rule" as rule from ${entries} where form = 'line'`,
  )) {
    for (const { rule, ...row } of rows) {
      const names = JSON.parse(String(row.context)) as readonly string[];
      const raw = recordOfLine(String(row.raw), String(rule), names, dialect) ?? null;
      const line = renderJson({ ...row, raw });
      if (!out.write(`${line}\n`)) await once(out, "drain");
    }
  }
  out.end();
  await finished(out);
  const types =
    "{id: 'VARCHAR', raw: 'VARCHAR', context: 'VARCHAR', file: 'VARCHAR', line: 'BIGINT', position: 'VARCHAR'}";
  const lines = `read_json(${quotePath(target)}, format = 'newline_delimited', columns = ${types})`;
  return `(select ${columns} from ${entries} where form = 'record' union all select ${columns} from ${lines})`;
}

async function reasonsOf(
  session: Engine,
  {
    explained,
    relation,
    entries,
  }: { readonly explained: string; readonly relation: string; readonly entries: string },
): Promise<ReplayCount[]> {
  const judged = `select unnest("~reasons") as r from (${explained}) where "~record" is not null`;
  const own = `select unnest(reasons) as r from ${entries} where id in (select id from ${relation} where raw is null)`;
  const rows = await session.rows(
    `select r."column", r."rule", r."message", count(*) as n from (${judged} union all ${own}) group by all`,
  );
  return rows.map((row) => ({
    column: row.column === null ? null : String(row.column),
    rule: String(row.rule),
    message: String(row.message),
    count: Number(row.n),
  }));
}
