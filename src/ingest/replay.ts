/**
 * Trying again what a contract turned away, after the contract, a table its rules look into, or a parameter changed.
 *
 * The entries are read back as raw records, judged by the contract of now, and those that pass move: one commit of
 * the main table adds them, and says in its info that the quarantine's files of before give way to new ones without
 * them. Two replays at once name the same transaction, so that only one of them wins.
 */

import { MillraceError } from "../base/error.ts";
import { adoptFiles } from "../delta/adopt.ts";
import { conflictAs } from "../delta/conflict.ts";
import { commit } from "../delta/write.ts";
import { quotePath } from "../engine/path.ts";
import { followQuarantine, followTables } from "../lake/follow.ts";
import { relationOf, viewName } from "../lake/lake.ts";
import { withStaging } from "../lake/session.ts";
import type { StepContext } from "../lake/step.ts";
import {
  addLedgers,
  type Ledger,
  NOTHING,
  type SourceLedger,
  type StepInfo,
} from "../lake/step-info.ts";
import { keptRules } from "../operation/kept-rule.ts";
import { folderOf, quarantineOf } from "../schema/table.ts";
import type { WrittenFile } from "../schema/table-files.ts";
import type { Ingested } from "./asset.ts";
import { labelOf } from "./choose.ts";
import { FILES_APP } from "./commit-batch.ts";
import { compileContract } from "./contract.ts";
import { extraColumn } from "./extra.ts";
import { replayedUnder } from "./judged-by.ts";
import { settleBatch } from "./merge-batch.ts";
import type { LabelledFiles, LeftRows } from "./merge-winner.ts";
import { QUARANTINE_FIELDS } from "./quarantine.ts";
import { type ReplayCount, type ReplayInput, replaySource } from "./replay-entry.ts";
import { replayFiles } from "./replay-file.ts";
import { openRuleTables } from "./rule-table.ts";
import { bringToShape, conditionsOf, findShape } from "./shape.ts";
import { layoutOfTarget, openTarget } from "./target.ts";

/** The application that numbers those who move entries out of the quarantine. */
export const REPLAY_APP = "millrace/replay";

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
  if (!isDryRun) await bringToShape(context, asset);
  // What is decided below holds as long as no other replay moved anything since this version.
  const seen = await lake.find(asset.name);
  if (!isDryRun) await followQuarantine(lake, asset.name, QUARANTINE_FIELDS);
  const quarantine = await lake.find(quarantineOf(asset.name));
  if (quarantine === undefined || quarantine.files.length === 0) return nothing(asset.name);
  return withStaging(context, (work) =>
    replayIn({ ...work, context, asset, seen, quarantine, isDryRun }),
  );
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
    constraints: await conditionsOf(context, asset),
    isReplaced: false,
    isDryRun,
    ...(isDryRun ? { before: (await findShape(context, asset))?.fields } : {}),
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
  const ledger = withLeft([...rowLedger, ...whole.ledger], merged?.left);
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

/** Rows that do not change the table, taken from the first lines of their source that have them. */
function withLeft(
  ledger: readonly SourceLedger[],
  left: ReadonlyMap<string, LeftRows> = new Map(),
): SourceLedger[] {
  const rest = new Map(left);
  return ledger.map((line) => {
    const { source, written } = line;
    const open = rest.get(source) ?? { deduplicated: 0, filtered: 0 };
    const deduplicated = Math.min(open.deduplicated, written);
    const filtered = Math.min(open.filtered, written - deduplicated);
    rest.set(source, {
      deduplicated: open.deduplicated - deduplicated,
      filtered: open.filtered - filtered,
    });
    return {
      ...line,
      written: written - deduplicated - filtered,
      deduplicated: line.deduplicated + deduplicated,
      filtered: line.filtered + filtered,
    };
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
