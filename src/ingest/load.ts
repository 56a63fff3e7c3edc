/**
 * Loading new files into a table, exactly once.
 *
 *     choose -> settle -> inspect -> prepare -> split -> deduplicate -> commit -> follow
 *
 * Everything up to `commit` writes only files that no reader sees. The one commit of the main table decides: it holds
 * the rows, the transaction `millrace/files` with the number of the batch, and in its info the files that were read,
 * the ledger, and what the quarantine becomes. A second process that loads the same files loses on the transaction
 * and says so; one that died before the commit has done nothing, and one that died after it has done everything,
 * since what follows is brought up by whoever comes next.
 */

import { MillraceError } from "../base/error.ts";
import type { AddFile } from "../delta/action.ts";
import { adoptFiles } from "../delta/adopt.ts";
import { conflictAs } from "../delta/conflict.ts";
import { commit } from "../delta/write.ts";
import { followQuarantine, followTables } from "../lake/follow.ts";
import { viewName } from "../lake/lake.ts";
import { withStaging } from "../lake/session.ts";
import type { StepContext, StepOutcome } from "../lake/step.ts";
import {
  addLedgers,
  balances,
  type LoadedFile,
  NOTHING,
  type SourceLedger,
  type StepInfo,
} from "../lake/step-info.ts";
import { appendRows } from "../lake/system-table.ts";
import { watched } from "../lake/watch.ts";
import { keptRules } from "../operation/kept-rule.ts";
import { folderOf, quarantineOf } from "../schema/table.ts";
import type { WrittenFile } from "../schema/table-files.ts";
import type { Ingested } from "./asset.ts";
import { type Choice, chooseFiles } from "./choose.ts";
import { type Contract, compileContract } from "./contract.ts";
import { discoverColumns, extraColumn, withExtra } from "./extra.ts";
import {
  type InspectedFile,
  inspectFiles,
  loadedFile,
  type Refusal,
  startOf,
} from "./inspect-files.ts";
import { loadReadable } from "./isolate.ts";
import { loadedUnder, replayHint, staleBecause } from "./judged-by.ts";
import { type Batch, type BatchInput, quarantineInput } from "./load-group.ts";
import { settleBatch } from "./merge-batch.ts";
import type { LabelledFiles } from "./merge-winner.ts";
import { type Group, prepareFiles } from "./prepare.ts";
import { QUARANTINE_FIELDS, writeRefusedFiles } from "./quarantine.ts";
import { type Secrets, secretsOf } from "./redact.ts";
import { redactStart } from "./redact-entry.ts";
import { openRuleTables } from "./rule-table.ts";
import { conditionsOf } from "./shape.ts";
import { layoutOfTarget, openTarget } from "./target.ts";

/** Files of one commit; more make several. */
const FILES_PER_BATCH = 500;
/** Refused files that an error lists. */
const SHOWN_FILES = 20;
/** The application that numbers batches of files in the table's log. */
export const FILES_APP = "millrace/files";

export async function load(context: StepContext, asset: Ingested): Promise<StepOutcome> {
  const { lake } = context;
  await followQuarantine(lake, asset.name, QUARANTINE_FIELDS);
  // What is chosen holds as long as nobody has loaded since this version.
  const seen = await lake.find(asset.name);
  await followTables(lake, [asset.name]);
  const all = (await staleBecause(context, asset)) !== undefined;
  const choice = await chooseFiles(context, asset, { all });
  for (const note of unreadableNotes(choice)) context.note(note);
  const hint = await replayHint(context, asset);
  if (hint !== undefined) context.note(hint);
  const { write, deletesAbsent } = asset.definition;
  const isReplaced = write === "overwrite";
  // What is there again, after something else was, is what there is now.
  const loaded = deletesAbsent ? { ...choice.loaded, byHash: new Map() } : choice.loaded;
  const found = await inspectFiles(context, choice.files, loaded, isReplaced);
  lake.crash("ingest/files-chosen");
  const before = await lake.find(asset.name);
  const left = [...choice.unreadable.map(({ name }) => name), ...found.left];
  if (isReplaced && before !== undefined && left.length > 0) {
    context.note(`${asset.name} is left as it is, since it becomes what all its files hold`);
    return { state: "up to date", version: before.version, ledger: NOTHING };
  }
  if (deletesAbsent && left.length > 0) {
    context.note(`${asset.name} waits for that, since what is loaded at once is all that it keeps`);
    return { state: "up to date", version: before?.version, ledger: NOTHING };
  }
  if (!isReplaced) await rememberSame(context, asset, found.same);
  const isEmpty = found.files.length + found.refused.length === 0;
  if (isEmpty && before !== undefined)
    return { state: "up to date", version: before.version, ledger: NOTHING };
  const ledgers: SourceLedger[] = [];
  let version = before?.version;
  const isOne = isReplaced || deletesAbsent || isEmpty;
  const batches = isOne ? [found.files] : chunk(found.files, FILES_PER_BATCH);
  const number = (seen?.transactions.get(FILES_APP) ?? 0n) + 1n;
  for (const [index, files] of batches.entries()) {
    context.signal.throwIfAborted();
    const done = await loadBatch(context, asset, {
      number: number + BigInt(index),
      files,
      refused: index === 0 ? found.refused : [],
      isReplaced,
    });
    ledgers.push(...done.ledger);
    version = done.version;
  }
  // A table that is replaced may still have refused, and then leaves no trace.
  if (isReplaced) await rememberSame(context, asset, found.same);
  return { state: "done", version, ledger: addLedgers(ledgers) };
}

/** Counted from the first that was ever loaded into the table. */
interface Numbered {
  readonly number: bigint;
}

function loadBatch(
  context: StepContext,
  asset: Ingested,
  input: BatchInput & Numbered,
): Promise<{ version: number; ledger: readonly SourceLedger[] }> {
  return withStaging(context, (work) => commitBatch({ ...input, ...work, context, asset }));
}

async function commitBatch(
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
  const gone = new Set<InspectedFile>();
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
  const good: WrittenFile[] = [];
  const labelled: LabelledFiles[] = [];
  const rejects: WrittenFile[] = [];
  const ledger = new Map<string, SourceLedger>();
  const count = (label: string, one: Partial<Omit<SourceLedger, "source">>): void => {
    const sum = addLedgers([ledger.get(label) ?? NOTHING, { ...NOTHING, ...one }]);
    ledger.set(label, { source: label, ...sum });
  };
  for (const { source, label } of batch.files) if (source !== undefined) count(label, {});
  let bytesBefore = 0;
  for (const group of groups) {
    const bytes = group.files.reduce((sum, { found }) => sum + found.sizeBytes, 0);
    const rowsBefore = addLedgers([...ledger.values()]).read;
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
    count(group.label, loaded.result.ledger);
    context.progress({ rows: addLedgers([...ledger.values()]).read, bytes: bytesBefore });
  }
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
    count(label, { read: files.length, quarantined: files.length });
  }
  lake.crash("ingest/rejects-written");
  const isWhole = rejects.length === 0;
  const how = { definition, target, labelled, isReplay: false, isWhole };
  const merged = await settleBatch(batch, how);
  for (const [label, { deduplicated, filtered }] of merged?.left ?? [])
    count(label, { written: -deduplicated - filtered, deduplicated, filtered });
  for (const one of ledger.values()) if (!balances(one)) throw unbalanced(asset.name, one);
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
    ledger: [...ledger.values()],
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
        metrics: { ...addLedgers([...ledger.values()]) },
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
  return { version: after.version, ledger: [...ledger.values()] };
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

/** Files that need not be read again, remembered as they are now; no row of the table is touched. */
async function rememberSame(
  { lake, run }: StepContext,
  { name }: Ingested,
  same: readonly { readonly file: InspectedFile; readonly state: LoadedFile["state"] }[],
): Promise<void> {
  if (same.length === 0) return;
  const recordedAt = lake.clock.now().toISOString();
  const version = (await lake.find(name))?.version ?? 0;
  const rows = same.map(({ file, state }) => ({
    run: run.id,
    asset: name,
    ...loadedFile(file, state),
    version,
    recorded_at: recordedAt,
  }));
  await appendRows(lake, "system.loads", rows);
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

function chunk<T>(items: readonly T[], size: number): T[][] {
  const chunks: T[][] = [];
  for (let at = 0; at < Math.max(items.length, 1); at += size)
    chunks.push(items.slice(at, at + size));
  return chunks;
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

/** What a person should know of files that are there and cannot be read. */
export function unreadableNotes({ unreadable }: Choice): string[] {
  return unreadable.map(({ name, message }) => `${name} ${message}; it is left for the next run`);
}

/** What `plan` shows of the files without reading them. */
export function describeChoice({ files, known }: Choice): string {
  const changed = files.filter(({ why }) => why === "changed").length;
  const parts = [
    `${files.length - changed} new`,
    ...(changed > 0 ? [`${changed} changed`] : []),
    `${known} loaded before`,
  ];
  return parts.join(", ");
}
