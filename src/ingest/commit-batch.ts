/** One batch of files, from its bytes to the one commit that holds what came of it. */

import { MillraceError } from "../base/error.ts";
import type { AddFile } from "../delta/action.ts";
import { adoptFiles } from "../delta/adopt.ts";
import { conflictAs } from "../delta/conflict.ts";
import { commit } from "../delta/write.ts";
import { followQuarantine } from "../lake/follow.ts";
import { viewName } from "../lake/lake.ts";
import {
  addLedgers,
  balances,
  type LoadedFile,
  NOTHING,
  type SourceLedger,
  type StepInfo,
} from "../lake/step-info.ts";
import { watched } from "../lake/watch.ts";
import { keptRules } from "../operation/kept-rule.ts";
import { folderOf, quarantineOf } from "../schema/table.ts";
import type { WrittenFile } from "../schema/table-files.ts";
import type { Ingested } from "./asset.ts";
import { type Contract, compileContract } from "./contract.ts";
import { discoverColumns, extraColumn, withExtra } from "./extra.ts";
import { type InspectedFile, loadedFile, type Refusal, startOf } from "./inspect-files.ts";
import { loadReadable } from "./isolate.ts";
import { loadedUnder } from "./judged-by.ts";
import { type Batch, quarantineInput } from "./load-group.ts";
import { settleBatch } from "./merge-batch.ts";
import type { LabelledFiles } from "./merge-winner.ts";
import { type Group, prepareFiles } from "./prepare.ts";
import { QUARANTINE_FIELDS, writeRefusedFiles } from "./quarantine.ts";
import { type Secrets, secretsOf } from "./redact.ts";
import { redactStart } from "./redact-entry.ts";
import { openRuleTables } from "./rule-table.ts";
import { conditionsOf } from "./shape.ts";
import { layoutOfTarget, openTarget, type Target } from "./target.ts";

/** Refused files that an error lists. */
const SHOWN_FILES = 20;
/** The application that numbers batches of files in the table's log. */
export const FILES_APP = "millrace/files";

/** Counted from the first that was ever loaded into the table. */
export interface Numbered {
  readonly number: bigint;
}

/** Throws `ingest/other-run` where another run was first. */
export async function commitBatch(
  batch: Batch & Numbered,
): Promise<{ version: number; ledger: readonly SourceLedger[] }> {
  const { context, asset, isReplaced, number } = batch;
  // One file less would take its rows out of the table.
  const needsAll = isReplaced || asset.definition.deletesAbsent;
  const { lake, run } = context;
  // Looked at before the rules do, so that a table that changes meanwhile is seen as changed.
  const under = await loadedUnder(context, asset, await lake.find(asset.name));
  const { contract, groups, definition, ...compiled } = await compile(batch);
  const refused = [...compiled.refused];
  if (needsAll && refused.length > 0)
    throw refusedFiles(asset.name, refused, await lake.find(asset.name));
  const target = await openTarget(lake, asset.name, {
    fields: [...contract.fields, ...extraColumn(definition)],
    partitionBy: definition.partitionBy,
    properties: definition.properties,
    constraints: await conditionsOf(context, asset),
    isReplaced,
  });
  if ((target.snapshot?.transactions.get(FILES_APP) ?? 0n) !== number - 1n)
    throw otherRun(asset.name);
  const ledger = openLedger(batch.files);
  const read = await readGroups(batch, { contract, groups, definition, target, ledger });
  const { good, labelled, rejects, gone } = read;
  refused.push(...read.refused);
  if (needsAll && refused.length > 0)
    throw refusedFiles(asset.name, refused, await lake.find(asset.name));
  if (needsAll && gone.size > 0) throw otherRun(asset.name);
  lake.crash("ingest/data-written");
  for (const [label, files] of Map.groupBy(refused, ({ file }) => file.label)) {
    rejects.push(
      ...(await writeRefusedFiles(
        quarantineInput(batch, contract, label),
        files.map((one) => refusedFile(one, secretsOf(definition.redact))),
      )),
    );
    ledger.count(label, { read: files.length, quarantined: files.length });
  }
  lake.crash("ingest/rejects-written");
  const isWhole = rejects.length === 0;
  const how = { definition, target, labelled, isReplay: false, isWhole };
  const merged = await settleBatch(batch, how);
  for (const [label, { deduplicated, filtered }] of merged?.left ?? [])
    ledger.count(label, { written: -deduplicated - filtered, deduplicated, filtered });
  for (const one of ledger.sources()) if (!balances(one)) throw unbalanced(asset.name, one);
  context.signal.throwIfAborted();
  const quarantineFolder = folderOf(quarantineOf(asset.name));
  const quarantined = await adoptFiles(
    lake.delta,
    quarantineFolder,
    { fields: QUARANTINE_FIELDS },
    rejects,
  );
  lake.crash("ingest/files-adopted");
  const info: StepInfo = {
    run: run.id,
    asset: asset.name,
    kind: "ingest",
    ledger: ledger.sources(),
    files: [
      ...batch.files.filter((file) => !gone.has(file)).map((file) => loadedFile(file, "loaded")),
      ...refused.map(({ file }) => loadedFile(file, "refused")),
    ].filter(uniqueFile()),
    ...quarantineNews(quarantined, isReplaced),
  };
  const transactions = [{ appId: FILES_APP, version: number }, ...under];
  const after = await conflictAs(
    (error) => otherRun(asset.name, error),
    async () => {
      if (merged?.commit !== undefined)
        return merged.commit({ info: { ...info }, transactions, signal: context.signal });
      const add = merged?.add ?? good;
      return commit(lake.delta, target.base, {
        operation: target.snapshot === undefined ? "CREATE TABLE AS SELECT" : "WRITE",
        parameters: { mode: isReplaced ? "Overwrite" : "Append" },
        metrics: { ...addLedgers(ledger.sources()) },
        add,
        kept: await keptRules(batch.session, target.base.folder, layoutOfTarget(target), add),
        ...(isReplaced && target.snapshot !== undefined ? { remove: "all" as const } : {}),
        ...(target.schema === undefined ? {} : { schema: target.schema }),
        transactions,
        reads: definition.unique === undefined && !isReplaced ? "nothing" : "whole table",
        info: { ...info },
      });
    },
  );
  lake.crash("ingest/committed");
  await followQuarantine(lake, asset.name, QUARANTINE_FIELDS);
  lake.crash("ingest/quarantine-followed");
  return { version: after.version, ledger: ledger.sources() };
}

interface Ledgers {
  count(label: string, one: Partial<Omit<SourceLedger, "source">>): void;
  sources(): readonly SourceLedger[];
}

/** By source; one whose files hold nothing has its line too. */
function openLedger(files: readonly InspectedFile[]): Ledgers {
  const ledgers = new Map<string, SourceLedger>();
  const count: Ledgers["count"] = (label, one) => {
    const sum = addLedgers([ledgers.get(label) ?? NOTHING, { ...NOTHING, ...one }]);
    ledgers.set(label, { source: label, ...sum });
  };
  for (const { source, label } of files) if (source !== undefined) count(label, {});
  return { count, sources: () => [...ledgers.values()] };
}

interface ReadGroups {
  readonly good: readonly WrittenFile[];
  readonly labelled: readonly LabelledFiles[];
  readonly rejects: WrittenFile[];
  readonly refused: readonly Refusal[];
  readonly gone: ReadonlySet<InspectedFile>;
}

async function readGroups(
  batch: Batch,
  {
    contract,
    groups,
    definition,
    target,
    ledger,
  }: Omit<Compiled, "refused"> & { readonly target: Target; readonly ledger: Ledgers },
): Promise<ReadGroups> {
  const { context } = batch;
  const good: WrittenFile[] = [];
  const labelled: LabelledFiles[] = [];
  const rejects: WrittenFile[] = [];
  const refused: Refusal[] = [];
  const gone = new Set<InspectedFile>();
  let bytesBefore = 0;
  for (const group of groups) {
    const bytes = group.files.reduce((sum, { found }) => sum + found.sizeBytes, 0);
    const rowsBefore = addLedgers(ledger.sources()).read;
    const loaded = await watched(context, batch.session, { bytes, rowsBefore, bytesBefore }, () =>
      loadReadable(batch, { group, contract, target, definition, earlier: [...good] }),
    );
    bytesBefore += bytes;
    refused.push(...loaded.refused);
    for (const file of loaded.gone) {
      gone.add(file);
      context.note(`${file.found.name} went away while it was read; it is left for the next run`);
    }
    if (loaded.result === undefined) continue;
    good.push(...loaded.result.good);
    labelled.push({ label: group.label, files: loaded.result.good });
    rejects.push(...loaded.result.rejects);
    ledger.count(group.label, loaded.result.ledger);
    context.progress({ rows: addLedgers(ledger.sources()).read, bytes: bytesBefore });
  }
  return { good, labelled, rejects, refused, gone };
}

/** The quarantine of a table that is replaced is replaced with it. */
function quarantineNews(
  add: readonly AddFile[],
  isReplaced: boolean,
): Pick<StepInfo, "quarantine"> {
  if (isReplaced) return { quarantine: { add, remove: "all" } };
  return add.length === 0 ? {} : { quarantine: { add, remove: [] } };
}

interface Compiled {
  readonly contract: Contract;
  readonly groups: readonly Group[];
  readonly definition: Ingested["definition"];
  readonly refused: readonly Refusal[];
}

/** Prepares the files under the contract; where unknown fields become columns, once more with them. */
async function compile({
  context,
  asset,
  session,
  folder,
  files,
  refused,
}: Batch): Promise<Compiled> {
  await openRuleTables(context, session, asset);
  const contractOf = (definition: Ingested["definition"]): Contract =>
    compileContract({
      definition,
      resolver: { table: ({ name }) => viewName(name), param: context.param },
      arrival: context.run.startedAt,
      refuseNul: files.some(
        ({ inspection }) => inspection.nul !== undefined || inspection.hasNulEscape,
      ),
    });
  let { definition } = asset;
  let contract = contractOf(definition);
  const prepare = (): ReturnType<typeof prepareFiles> =>
    prepareFiles({ context, session, folder, definition, read: contract.read }, files);
  let prepared = await prepare();
  if (definition.extra === "evolve") {
    const before = (await context.lake.find(asset.name))?.metadata.fields ?? [];
    definition = withExtra(definition, await discoverColumns(session, prepared.groups), before);
    contract = contractOf(definition);
    prepared = await prepare();
  }
  const late = await Promise.all(
    prepared.refused.map(async ({ file, problem }): Promise<Refusal> => {
      return { file, message: problem.message, line: problem.line, start: await startOf(file) };
    }),
  );
  return { contract, groups: prepared.groups, definition, refused: [...refused, ...late] };
}

/** The last word about a file wins: one refused while it was prepared stands among the files as well. */
function uniqueFile(): (file: LoadedFile, index: number, all: readonly LoadedFile[]) => boolean {
  return (file, index, all) => all.findLastIndex((other) => other.file === file.file) === index;
}

function refusedFile(
  { file, message, line, start }: Refusal,
  secrets: Secrets,
): Parameters<typeof writeRefusedFiles>[1][number] {
  const raw = secrets.isEmpty ? start : redactStart(start, file.source, secrets);
  return { file: file.found.name, hash: file.inspection.hash, line, message, raw };
}

function otherRun(name: string, cause?: unknown): MillraceError {
  return new MillraceError(`Another run loads into ${name} at the same time and was first`, {
    code: "ingest/other-run",
    hint: "Nothing was loaded twice. Run again: what is still new will be loaded.",
    retryable: true,
    cause,
  });
}

function refusedFiles(
  name: string,
  refused: readonly Refusal[],
  before: { readonly version: number } | undefined,
): MillraceError {
  const list = refused
    .slice(0, SHOWN_FILES)
    .map(({ file, message }) => `\n  ${file.found.name} ${message}`);
  const more = refused.length - list.length;
  const files = refused.length === 1 ? "one of them cannot" : `${refused.length} of them cannot`;
  return new MillraceError(
    `${name} becomes what all its files hold, and ${files} be read:${list.join("")}${more > 0 ? `\n  and ${more} more` : ""}`,
    {
      code: "ingest/refused-file",
      hint: `${before === undefined ? "The table was not made" : `Version ${before.version} stays in place`}. Mend the file or take it away, and run again.`,
    },
  );
}

function unbalanced(name: string, ledger: SourceLedger): Error {
  return new Error(
    `Bug: the ledger of ${name} does not add up for ${ledger.source}: read ${ledger.read}, written ${ledger.written}, quarantined ${ledger.quarantined}, deduplicated ${ledger.deduplicated}, filtered ${ledger.filtered}`,
  );
}
