/**
 * Erasing entries of a quarantine by hand. The log of the table decides what its quarantine holds, so it is done as a
 * replay is: one commit of the table says that files of the quarantine give way to new ones without the entries, with
 * the number of a replay, so that of two who move entries at once one wins.
 */

import { randomUUID } from "node:crypto";
import { systemCodeOf } from "../base/error.ts";
import { adoptFiles } from "../delta/adopt.ts";
import { commit } from "../delta/write.ts";
import { followQuarantine } from "../lake/follow.ts";
import { loadTable, relationOf } from "../lake/lake.ts";
import { type WorkContext, withStaging } from "../lake/session.ts";
import type { StepInfo } from "../lake/step-info.ts";
import { countMeant, inItsWords } from "../operation/meant-row.ts";
import { folderOf, quarantineOf } from "../schema/table.ts";
import { FILES_APP } from "./commit-batch.ts";
import { QUARANTINE_FIELDS } from "./quarantine.ts";
import { REPLAY_APP } from "./replay.ts";

export interface Erasing {
  /** The table that turned the entries away. */
  readonly table: string;
  /** SQL over the columns of the quarantine; null is not true. */
  readonly where: string;
}

export interface Entries {
  readonly rows: number;
  /** Of the quarantine. */
  readonly version: number;
}

const TRIES = 5;

export async function countEntries(
  context: WorkContext,
  { table, where }: Erasing,
): Promise<Entries> {
  const { lake, signal } = context;
  await followQuarantine(lake, table, QUARANTINE_FIELDS);
  const quarantine = await loadTable(lake, quarantineOf(table));
  const operation = { delta: lake.delta, engine: lake.engine, signal };
  const rows = await countMeant(operation, quarantine, { where });
  return { rows, version: quarantine.version };
}

/** In one commit of the table, none where no entry is meant; the quarantine has followed when it resolves. */
export async function eraseEntries(context: WorkContext, erasing: Erasing): Promise<Entries> {
  for (let tries = 1; ; tries += 1) {
    // What is decided holds as long as nobody moved entries since this version.
    const main = await loadTable(context.lake, erasing.table);
    const found = await countEntries(context, erasing);
    if (found.rows === 0) return found;
    try {
      await eraseOnce(context, erasing, main);
    } catch (error) {
      if (systemCodeOf(error) !== "delta/conflict" || tries === TRIES) throw error;
      continue;
    }
    await followQuarantine(context.lake, erasing.table, QUARANTINE_FIELDS);
    const { version } = await loadTable(context.lake, quarantineOf(erasing.table));
    return { rows: found.rows, version };
  }
}

async function eraseOnce(
  context: WorkContext,
  { table, where }: Erasing,
  main: Awaited<ReturnType<typeof loadTable>>,
): Promise<void> {
  const { lake } = context;
  const quarantine = await loadTable(lake, quarantineOf(table));
  await withStaging(context, async ({ session, folder }) => {
    const entries = await relationOf(lake, quarantine);
    const rest = await inItsWords(quarantine, () =>
      session.write(`select * from ${entries} as target where (\n${where}\n) is not true`, {
        folder,
      }),
    );
    const place = folderOf(quarantineOf(table));
    const add = await adoptFiles(lake.delta, place, { fields: QUARANTINE_FIELDS }, rest);
    const info: StepInfo = {
      run: randomUUID(),
      asset: table,
      kind: "erase",
      ledger: [],
      quarantine: { add, remove: quarantine.files.map(({ path }) => path) },
    };
    const turn = (main.transactions.get(REPLAY_APP) ?? 0n) + 1n;
    await commit(lake.delta, main, {
      operation: "DELETE",
      parameters: { predicate: JSON.stringify([where]), quarantine: true },
      transactions: [{ appId: REPLAY_APP, version: turn }],
      reads: { appIds: [FILES_APP] },
      info: { ...info },
    });
  });
}
