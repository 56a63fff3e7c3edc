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
import { appendRows, type SystemTable } from "./system-table.ts";

const TRIES = 20;

/** Brings `system.loads` and `system.ledger` up to the newest versions of these tables. */
export async function followTables(lake: Lake, names: readonly string[]): Promise<void> {
  await followInto(lake, "system.loads", names, (info, record) =>
    (info.files ?? []).map((file) => ({
      run: info.run,
      asset: info.asset,
      source: file.source,
      file: file.file,
      size: file.size,
      modified: file.modified,
      hash: file.hash,
      state: file.state,
      version: record.version,
      at: record.timestamp.toISOString(),
    })),
  );
  await followInto(lake, "system.ledger", names, (info, record) =>
    info.ledger.map((ledger) => ({
      run: info.run,
      asset: info.asset,
      kind: info.kind,
      ...ledger,
      version: record.version,
      at: record.timestamp.toISOString(),
    })),
  );
}

/** Brings the quarantine of a table up to its newest version. */
export async function followQuarantine(
  lake: Lake,
  name: string,
  fields: readonly Field[],
): Promise<void> {
  await untilNotLate(async () => {
    const main = await lake.find(name);
    if (main === undefined) return;
    const quarantine = await lake.find(quarantineOf(name));
    const news = (await newsOf(lake, main, quarantine)).filter(
      ({ info }) => info.quarantine !== undefined,
    );
    if (news.length === 0) return;
    const adopted = news.flatMap(({ info }) => (info.quarantine?.add ?? []) as AddFile[]);
    const gone = new Set(news.flatMap(({ info }) => info.quarantine?.remove ?? []));
    const isGone = ({ path }: AddFile): boolean => gone.has(path);
    await commit(lake.delta, quarantine ?? { folder: folderOf(quarantineOf(name)) }, {
      operation: quarantine === undefined ? "CREATE TABLE AS SELECT" : "WRITE",
      adopted: adopted.filter((file) => !isGone(file)),
      remove: (quarantine?.files ?? []).filter(isGone),
      transactions: [follows(main)],
      ...(quarantine === undefined ? { schema: { name: quarantineOf(name), fields } } : {}),
    });
  });
}

interface News {
  readonly info: StepInfo;
  readonly record: CommitRecord;
}

async function followInto(
  lake: Lake,
  follower: SystemTable,
  names: readonly string[],
  rowsOf: (info: StepInfo, record: CommitRecord) => Readonly<Record<string, unknown>>[],
): Promise<void> {
  await untilNotLate(async () => {
    const there = await lake.find(follower);
    const rows: Readonly<Record<string, unknown>>[] = [];
    const transactions: { appId: string; version: bigint }[] = [];
    for (const name of names) {
      const main = await lake.find(name);
      if (main === undefined) continue;
      const found = (await newsOf(lake, main, there)).flatMap(({ info, record }) =>
        rowsOf(info, record),
      );
      if (found.length === 0) continue;
      rows.push(...found);
      transactions.push(follows(main));
    }
    if (rows.length > 0) await appendRows(lake, follower, { rows, transactions });
  });
}

/** What the main table did since the follower last looked, oldest first. */
async function newsOf(lake: Lake, main: Snapshot, follower: Snapshot | undefined): Promise<News[]> {
  const seen = follower?.transactions.get(appIdOf(main)) ?? -1n;
  if (BigInt(main.version) <= seen) return [];
  const records = await history(lake.delta, main.folder, { after: Number(seen) });
  return records.toReversed().flatMap((record) => {
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
