/** The rows of inputs that changed, standing one input after another under its name in a session. */

import { keyOf } from "../delta/action.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import { openSnapshot } from "../delta/table.ts";
import type { Engine } from "../engine/engine.ts";
import { type Lake, openView, relationOf, viewName } from "../lake/lake.ts";
import type { ChangedInput } from "./due.ts";

/**
 * Calls `take` for one input after another while its changed rows stand under its name; those before are at their
 * newest version then, those behind at the one that the table was made of. Afterwards all are at their newest.
 */
export async function overChanges(
  lake: Lake,
  session: Engine,
  changed: readonly ChangedInput[],
  take: (input: ChangedInput) => Promise<void>,
): Promise<void> {
  for (const input of changed.slice(1))
    await openView(lake, session, input.name, await versionSeen(lake, input));
  for (const input of changed) {
    const rows = await changedRows(lake, input);
    const view = viewName(input.name);
    await session.run(`create or replace temp view ${view} as select * from ${rows}`);
    await take(input);
    await openView(lake, session, input.name, input.snapshot);
  }
}

/** Rows that came, and where others were updated or deleted also rows as they were. Rows that only moved are none. */
async function changedRows(lake: Lake, input: ChangedInput): Promise<string> {
  const { snapshot, change } = input;
  if (change.kind === "rows added") return relationOf(lake, { ...snapshot, files: change.files });
  const before = await versionSeen(lake, input);
  const [old, now] = [before.state.files, snapshot.state.files];
  const gone = before.files.filter((file) => !now.has(keyOf(file)));
  const come = snapshot.files.filter((file) => !old.has(keyOf(file)));
  // By the columns of now, since both stand under one name.
  const removed = `select * from ${await relationOf(lake, { ...snapshot, files: gone })}`;
  const added = `select * from ${await relationOf(lake, { ...snapshot, files: come })}`;
  return `((${removed} except all ${added}) union all (${added} except all ${removed}))`;
}

async function versionSeen(lake: Lake, { name, snapshot, seen }: ChangedInput): Promise<Snapshot> {
  const old = await openSnapshot(lake.delta, snapshot.folder, { version: Number(seen) });
  if (old === undefined) throw new Error(`Bug: version ${seen} of ${name} is gone`);
  return old;
}
