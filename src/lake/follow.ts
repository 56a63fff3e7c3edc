/**
 * Tables that follow the log of another. A step decides everything in ONE commit of its main table: the rows, the
 * position of the source, and, in the commit's info, what the quarantine, `system.loads` and `system.ledger` become
 * by it. These then follow: each holds a transaction `follow/<id of the main table>` with the last version it has
 * taken in. A process that dies in between leaves them behind, and whoever comes next brings them up; one that is
 * late finds the transaction taken and stops. So nothing can be half done, and no second decision is needed.
 */

import { MillraceError } from "../base/error.ts";
import type { AddFile } from "../delta/action.ts";
import { type CommitRecord, history } from "../delta/history.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import { commit } from "../delta/write.ts";
import { folderOf, quarantineOf } from "../schema/table.ts";
import type { Field } from "../schema/type.ts";
import type { Lake } from "./lake.ts";
import { type StepInfo, stepInfoOf } from "./step-info.ts";
import { appendTo, type SystemRow, type SystemTable } from "./system-table.ts";

const TRIES = 20;

/** Brings `system.loads` and `system.ledger` up to the newest versions of these tables. */
export async function followTables(lake: Lake, names: readonly string[]): Promise<void> {
  await untilNotLate(async () => {
    const mains = (await Promise.all(names.map((name) => lake.find(name)))).filter(
      (main) => main !== undefined,
    );
    const loads = await lake.find("system.loads");
    const ledger = await lake.find("system.ledger");
    const behind = mains.filter((main) => BigInt(main.version) > seenBy(ledger, main));
    // The ledger comes last, so that what it has taken in needs no second look for the loads.
    await followInto(lake, { name: "system.loads", base: loads, mains: behind }, loadsOf);
    await followInto(lake, { name: "system.ledger", base: ledger, mains: behind }, ledgerOf);
  });
}

/** Brings the quarantine of a table up to its newest version; it stands as soon as its table does, also empty. */
export async function followQuarantine(
  lake: Lake,
  name: string,
  fields: readonly Field[],
): Promise<void> {
  await untilNotLate(async () => {
    const main = await lake.find(name);
    if (main === undefined) return;
    const quarantine = await lake.find(quarantineOf(name));
    const news = await newsOf(lake, main, seenBy(quarantine, main));
    const before = quarantine?.files ?? [];
    const { adopted, removed } = changesOf(news, before);
    if (quarantine !== undefined && adopted.length + removed.length === 0) return;
    await commit(lake.delta, quarantine ?? { folder: folderOf(quarantineOf(name)) }, {
      operation: quarantine === undefined ? "CREATE TABLE AS SELECT" : "WRITE",
      adopted,
      remove: removed,
      transactions: [follows(main)],
      ...(quarantine === undefined ? { schema: { name: quarantineOf(name), fields } } : {}),
    });
  });
}

/** What several commits, oldest first, mean together for the files of the quarantine. */
function changesOf(
  news: readonly News[],
  before: readonly AddFile[],
): { readonly adopted: readonly AddFile[]; readonly removed: readonly AddFile[] } {
  let adopted: readonly AddFile[] = [];
  let kept = before;
  for (const { info } of news) {
    if (info.quarantine === undefined) continue;
    const { add, remove } = info.quarantine;
    const gone = remove === "all" ? undefined : new Set(remove);
    const stays = ({ path }: AddFile): boolean => gone !== undefined && !gone.has(path);
    adopted = [...adopted.filter(stays), ...(add as readonly AddFile[])];
    kept = kept.filter(stays);
  }
  const rest = new Set(kept);
  return { adopted, removed: before.filter((file) => !rest.has(file)) };
}

interface News {
  readonly info: StepInfo;
  readonly record: CommitRecord;
}

interface Follower {
  readonly name: SystemTable;
  readonly base: Snapshot | undefined;
  readonly mains: readonly Snapshot[];
}

async function followInto(
  lake: Lake,
  { name, base, mains }: Follower,
  rowsOf: (news: News) => SystemRow[],
): Promise<void> {
  const rows: SystemRow[] = [];
  const transactions: { appId: string; version: bigint }[] = [];
  for (const main of mains) {
    const found = (await newsOf(lake, main, seenBy(base, main))).flatMap(rowsOf);
    if (found.length === 0) continue;
    rows.push(...found);
    transactions.push(follows(main));
  }
  if (rows.length > 0) await appendTo(lake, name, base, { rows, transactions });
}

function loadsOf({ info, record }: News): SystemRow[] {
  return (info.files ?? []).map((file) => ({
    run: info.run,
    asset: info.asset,
    source: file.source,
    file: file.file,
    size: file.size,
    modified: file.modified,
    hash: file.hash,
    state: file.state,
    version: record.version,
    recorded_at: record.timestamp.toISOString(),
  }));
}

function ledgerOf({ info, record }: News): SystemRow[] {
  return info.ledger.map((ledger) => ({
    run: info.run,
    asset: info.asset,
    kind: info.kind,
    ...ledger,
    version: record.version,
    recorded_at: record.timestamp.toISOString(),
  }));
}

/** The last version of the main table that the follower has taken in. */
function seenBy(follower: Snapshot | undefined, main: Snapshot): bigint {
  return follower?.transactions.get(appIdOf(main)) ?? -1n;
}

/** What the main table did after the version `seen`, oldest first. */
async function newsOf(lake: Lake, main: Snapshot, seen: bigint): Promise<News[]> {
  if (BigInt(main.version) <= seen) return [];
  const records = await history(lake.delta, main.folder, { after: Number(seen) });
  return records
    .filter(({ version }) => version <= main.version)
    .toReversed()
    .flatMap((record) => {
      const info = stepInfoOf(record.info);
      return info === undefined ? [] : [{ info, record }];
    });
}

function follows(main: Snapshot): { appId: string; version: bigint } {
  return { appId: appIdOf(main), version: BigInt(main.version) };
}

function appIdOf(main: Snapshot): string {
  return `follow/${main.metadata.id}`;
}

/** Another process that followed at the same time has done it; then there is nothing left to do the next time. */
async function untilNotLate(follow: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await follow();
      return;
    } catch (error) {
      const isLate = error instanceof MillraceError && error.code === "delta/conflict";
      if (!isLate || tries === TRIES) throw error;
    }
  }
}
