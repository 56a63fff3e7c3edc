/**
 * Trying again what a contract turned away, after the contract, a table its rules look into, or a parameter changed.
 *
 * The entries are read back as raw records, judged by the contract of now, and those that pass move: one commit of
 * the main table adds them, and says in its info that the quarantine's files of before give way to new ones without
 * them. Two replays at once name the same transaction, so that only one of them wins.
 */

import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { MillraceError } from "../base/error.ts";
import { renderJson } from "../base/json.ts";
import { adoptFiles } from "../delta/adopt.ts";
import { conflictAs } from "../delta/conflict.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import { commit } from "../delta/write.ts";
import type { Engine } from "../engine/engine.ts";
import { quotePath } from "../engine/path.ts";
import { duckdbType } from "../engine/type.ts";
import { followQuarantine, followTables } from "../lake/follow.ts";
import { relationOf, viewName } from "../lake/lake.ts";
import { withStaging } from "../lake/session.ts";
import type { StepContext } from "../lake/step.ts";
import {
  addLedgers,
  type Ledger,
  type LoadedFile,
  NOTHING,
  type SourceLedger,
  type StepInfo,
} from "../lake/step-info.ts";
import { keptRules } from "../operation/kept-rule.ts";
import { folderOf, quarantineOf } from "../schema/table.ts";
import type { WrittenFile } from "../schema/table-files.ts";
import type { FileSource } from "../source/file-source.ts";
import { quoteText } from "../sql/quote.ts";
import type { Ingested } from "./asset.ts";
import { chooseFiles, labelOf } from "./choose.ts";
import { CLASS_VALUES, type Contract, compileContract } from "./contract.ts";
import { recordOfLine } from "./csv-line.ts";
import { deduplicate } from "./deduplicate.ts";
import { extraColumn } from "./extra.ts";
import { inspectFiles, loadedFile } from "./inspect-files.ts";
import { replayedRecords } from "./json-records.ts";
import { replayedUnder } from "./judged-by.ts";
import { FILES_APP } from "./load.ts";
import { type GroupResult, keptExtra, loadGroup } from "./load-group.ts";
import { type LabelledFiles, settleBatch } from "./merge-batch.ts";
import { type Group, prepareFiles } from "./prepare.ts";
import { QUARANTINE_FIELDS } from "./quarantine.ts";
import type { Records } from "./records.ts";
import { openRuleTables } from "./rule-table.ts";
import { splitRecords } from "./split.ts";
import { layoutOfTarget, openTarget, type Target } from "./target.ts";

const REPLAY_APP = "millrace/replay";

interface ReplayCount {
  readonly column: string | null;
  readonly rule: string;
  readonly message: string;
  readonly count: number;
}

export interface Replayed {
  readonly table: string;
  /** Entries that were tried. */
  readonly tried: number;
  /** Entries that pass now: written, filtered, or already in the table under their key. */
  readonly passing: number;
  readonly still_rejected: number;
  /** Why the others stay, by reason. */
  readonly reasons: readonly ReplayCount[];
  readonly ledger: Ledger;
  /** The version that the replay made; undefined where nothing moved. */
  readonly version: number | undefined;
}

export async function replayTable(
  context: StepContext,
  asset: Ingested,
  isDryRun: boolean,
): Promise<Replayed> {
  const { lake } = context;
  // What is decided below holds as long as no other replay moved anything since this version.
  const seen = await lake.find(asset.name);
  if (!isDryRun) await followQuarantine(lake, asset.name, QUARANTINE_FIELDS);
  const quarantine = await lake.find(quarantineOf(asset.name));
  if (quarantine === undefined || quarantine.files.length === 0) return nothing(asset.name);
  return withStaging(context, (work) =>
    replayIn({ ...work, context, asset, seen, quarantine, isDryRun }),
  );
}

interface ReplayInput {
  readonly context: StepContext;
  readonly asset: Ingested;
  readonly session: Engine;
  readonly folder: string;
  readonly seen: Snapshot | undefined;
  readonly quarantine: Snapshot;
  readonly isDryRun: boolean;
}

async function replayIn(input: ReplayInput): Promise<Replayed> {
  const { context, asset, session, folder, seen, quarantine, isDryRun } = input;
  const { lake, run } = context;
  const { definition } = asset;
  await openRuleTables(context, session, asset);
  const contract = compileContract({
    definition,
    resolver: { table: ({ name }) => viewName(name), param: context.param },
    arrival: run.startedAt,
    refuseNul: true,
  });
  const target = await openTarget(lake, asset.name, {
    fields: [...contract.fields, ...extraColumn(definition)],
    partitionBy: definition.partitionBy,
    properties: definition.properties,
    isReplaced: false,
    isDryRun,
  });
  const entries = await relationOf(lake, quarantine);
  const moved: WrittenFile[] = [];
  const good: WrittenFile[] = [];
  const labelled: LabelledFiles[] = [];
  const rowLedger: SourceLedger[] = [];
  const reasons: ReplayCount[] = [];
  let tried = 0;
  for (const source of definition.sources) {
    const label = labelOf(source);
    const earlier = [...good];
    const result = await replaySource(input, {
      source,
      label,
      entries,
      contract,
      target,
      earlier,
    });
    if (result === undefined) continue;
    tried += result.tried;
    good.push(...result.good);
    labelled.push({ label, files: result.good });
    rowLedger.push(result.ledger);
    reasons.push(...result.reasons);
    moved.push(...(await session.write(result.passed, { folder })));
  }
  const whole = await replayFiles(input, { entries, contract, target, earlier: good });
  tried += whole.tried;
  good.push(...whole.good);
  labelled.push(...whole.labelled);
  const merged = isDryRun
    ? undefined
    : await settleBatch(input, { definition, target, labelled, isReplay: true });
  const ledger = withLost([...rowLedger, ...whole.ledger], merged?.lost);
  reasons.push(...whole.reasons);
  if (whole.passed !== undefined) moved.push(...(await session.write(whole.passed, { folder })));
  const passing = whole.passing + rowLedger.reduce((sum, { read }) => sum + read, 0);
  const outcome = {
    table: asset.name,
    tried,
    passing,
    still_rejected: tried - passing,
    reasons: reasons.toSorted((a, b) => b.count - a.count),
    ledger: addLedgers(ledger),
  };
  if (isDryRun || passing === 0) return { ...outcome, version: undefined };
  // Files that are loaded now must not have been loaded by a run meanwhile.
  const apps = whole.files.length === 0 ? [REPLAY_APP] : [REPLAY_APP, FILES_APP];
  const turns = apps.map((appId) => {
    const last = seen?.transactions.get(appId);
    if (target.snapshot?.transactions.get(appId) !== last) throw otherRun(asset.name);
    return { appId, version: (last ?? 0n) + 1n };
  });
  const rest = await session.write(
    `select * from ${entries} where id not in (select id from read_parquet([${moved.map(({ path }) => quotePath(path)).join(", ")}]))`,
    { folder },
  );
  const kept = await adoptFiles(
    lake.delta,
    folderOf(quarantineOf(asset.name)),
    { fields: QUARANTINE_FIELDS },
    [...rest, ...whole.rejects],
  );
  context.signal.throwIfAborted();
  const info: StepInfo = {
    run: run.id,
    asset: asset.name,
    kind: "replay",
    ledger,
    files: whole.files,
    quarantine: { add: kept, remove: quarantine.files.map(({ path }) => path) },
  };
  const transactions = [...turns, ...replayedUnder(context, asset, target.snapshot)];
  const after = await conflictAs(
    (error) => otherRun(asset.name, error),
    async () => {
      if (merged?.commit !== undefined)
        return merged.commit({ info: { ...info }, transactions, signal: context.signal });
      const add = merged?.add ?? good;
      return commit(lake.delta, target.base, {
        operation: "WRITE",
        parameters: { mode: "Append", replay: true },
        metrics: { ...outcome.ledger },
        add,
        kept: await keptRules(session, target.base.folder, layoutOfTarget(target), add),
        ...(target.schema === undefined ? {} : { schema: target.schema }),
        transactions,
        reads: definition.unique === undefined ? "nothing" : "whole table",
        info: { ...info },
      });
    },
  );
  lake.crash("replay/committed");
  await followQuarantine(lake, asset.name, QUARANTINE_FIELDS);
  await followTables(lake, [asset.name]);
  return { ...outcome, version: after.version };
}

interface SourceInput {
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
async function replaySource(
  input: ReplayInput,
  { source, label, entries, contract, target, earlier }: SourceInput,
): Promise<SourceResult | undefined> {
  const { context, asset, session, folder } = input;
  const { definition } = asset;
  const relation = await recordsOf(
    session,
    folder,
    source,
    `(select * from ${entries} where source = ${quoteText(label)} and form <> 'file')`,
  );
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
  const made = new Set(Object.keys(definition.columns));
  const nulls = target.fields
    .filter(({ name }) => !made.has(name))
    .map(({ name, type }) => [name, `null::${duckdbType(type)}`] as const);
  const split = await splitRecords({
    engine: session,
    folder,
    contract,
    records,
    columns: target.columns,
    partitionBy: definition.partitionBy,
    fieldIds: target.fieldIds,
    numbered: false,
    extra: new Map([...nulls, ...keptExtra(definition, contract, records)]),
  });
  const rows = (files: readonly WrittenFile[]): number =>
    files.reduce((sum, file) => sum + Number(file.rows), 0);
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
  const written = rows(good);
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

interface WholeFiles {
  readonly tried: number;
  /** Entries of files that can be read now, whatever becomes of their rows. */
  readonly passing: number;
  readonly good: readonly WrittenFile[];
  readonly labelled: readonly LabelledFiles[];
  readonly rejects: readonly WrittenFile[];
  readonly ledger: readonly SourceLedger[];
  readonly reasons: readonly ReplayCount[];
  readonly files: readonly LoadedFile[];
  readonly passed: string | undefined;
}

/** Files that were turned away whole and are still there as they were: read again under the contract of now. */
async function replayFiles(
  input: ReplayInput,
  {
    entries,
    contract,
    target,
    earlier,
  }: Pick<SourceInput, "entries" | "contract" | "target" | "earlier">,
): Promise<WholeFiles> {
  const { context, asset, session, folder } = input;
  const { definition } = asset;
  const rows = await session.rows(
    `select id, file, context as hash, reasons[1].message as message from ${entries} where form = 'file'`,
  );
  const wanted = new Map(rows.map((row) => [String(row.file), String(row.hash)]));
  const chosen = (await chooseFiles(context, asset, { all: true })).files.filter(({ found }) =>
    wanted.has(found.name),
  );
  const fresh = { byName: new Map(), byHash: new Map() };
  const { files } = await inspectFiles(context, chosen, fresh, false);
  const same = files.filter(({ found, inspection }) => wanted.get(found.name) === inspection.hash);
  const prepared = await prepareFiles(
    { context, session, folder, definition, read: contract.read },
    same,
  );
  const batch = { context, asset, session, folder, files: same, refused: [], isReplaced: false };
  const results: (GroupResult & { readonly group: Group })[] = [];
  for (const group of prepared.groups) {
    const before = [...earlier, ...results.flatMap(({ good }) => good)];
    const how = { group, contract, target, definition, earlier: before };
    results.push({ group, ...(await loadGroup(batch, how)) });
  }
  const read = prepared.groups.flatMap((group) => group.files);
  const names = new Set(read.map(({ found }) => found.name));
  const ids = rows.filter((row) => names.has(String(row.file))).map((row) => String(row.id));
  const left = rows.filter((row) => !names.has(String(row.file)));
  return {
    tried: rows.length,
    passing: ids.length,
    good: results.flatMap(({ good }) => good),
    labelled: results.map(({ group, good }) => ({ label: group.label, files: good })),
    rejects: results.flatMap(({ rejects }) => rejects),
    ledger: results.map(({ group, ledger }) => ({ source: group.label, ...ledger })),
    reasons: left.map((row) => ({
      column: null,
      rule: "file",
      message: String(row.message),
      count: 1,
    })),
    files: read.map((file) => loadedFile(file, "loaded")),
    passed:
      ids.length === 0 ? undefined : `select unnest([${ids.map(quoteText).join(", ")}]) as id`,
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

/** Rows that another stands for, taken from the first line of their source that has them. */
function withLost(
  ledger: readonly SourceLedger[],
  lost: ReadonlyMap<string, number> = new Map(),
): SourceLedger[] {
  const left = new Map(lost);
  return ledger.map((line) => {
    const rows = Math.min(left.get(line.source) ?? 0, line.written);
    left.set(line.source, (left.get(line.source) ?? 0) - rows);
    return { ...line, written: line.written - rows, deduplicated: line.deduplicated + rows };
  });
}

function otherRun(name: string, cause?: unknown): MillraceError {
  return new MillraceError(`Another run loads into ${name} or replays it, and was first`, {
    code: "ingest/other-replay",
    hint: "Nothing was moved twice. Look again: `millrace replay TABLE --dry-run`.",
    retryable: true,
    cause,
  });
}

function nothing(table: string): Replayed {
  return {
    table,
    tried: 0,
    passing: 0,
    still_rejected: 0,
    reasons: [],
    ledger: NOTHING,
    version: undefined,
  };
}
