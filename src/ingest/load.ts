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

import type { Snapshot } from "../delta/snapshot.ts";
import { followQuarantine, followTables } from "../lake/follow.ts";
import { withStaging } from "../lake/session.ts";
import type { StepContext, StepOutcome } from "../lake/step.ts";
import { addLedgers, type LoadedFile, NOTHING, type SourceLedger } from "../lake/step-info.ts";
import { appendRows } from "../lake/system-table.ts";
import type { SievePool } from "../source/sieve/pool.ts";
import type { Ingested } from "./asset.ts";
import { type Choice, chooseFiles } from "./choose.ts";
import { commitBatch, FILES_APP, type Numbered } from "./commit-batch.ts";
import { type Inspected, type InspectedFile, inspectFiles, loadedFile } from "./inspect-files.ts";
import { replayHint, staleBecause } from "./judged-by.ts";
import type { Batch, BatchInput } from "./load-group.ts";
import { QUARANTINE_FIELDS } from "./quarantine.ts";
import { openPoolFor } from "./sift.ts";

/** Files of one commit; more make several. */
const FILES_PER_BATCH = 500;

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
  const pool = await openPoolFor(lake.engine, asset.definition, choice.files);
  try {
    const found = await inspectFiles(context, choice.files, loaded, isReplaced);
    return await loadInspected(context, asset, { seen, choice, found, pool });
  } finally {
    await pool.close();
  }
}

interface Looked {
  /** The table before anything was chosen. */
  readonly seen: Snapshot | undefined;
  readonly choice: Choice;
  readonly found: Inspected;
  readonly pool: SievePool;
}

async function loadInspected(
  context: StepContext,
  asset: Ingested,
  { seen, choice, found, pool }: Looked,
): Promise<StepOutcome> {
  const { lake } = context;
  const { write, deletesAbsent } = asset.definition;
  const isReplaced = write === "overwrite";
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
      pool,
    });
    ledgers.push(...done.ledger);
    version = done.version;
  }
  // A table that is replaced may still have refused, and then leaves no trace.
  if (isReplaced) await rememberSame(context, asset, found.same);
  return { state: "done", version, ledger: addLedgers(ledgers) };
}

function loadBatch(
  context: StepContext,
  asset: Ingested,
  input: BatchInput & Numbered & Pick<Batch, "pool">,
): Promise<{ version: number; ledger: readonly SourceLedger[] }> {
  return withStaging(context, (work) => commitBatch({ ...input, ...work, context, asset }));
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

function chunk<T>(items: readonly T[], size: number): T[][] {
  const chunks: T[][] = [];
  for (let at = 0; at < Math.max(items.length, 1); at += size)
    chunks.push(items.slice(at, at + size));
  return chunks;
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
