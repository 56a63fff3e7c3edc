/** Another writer's changes of a table: rows added, rewritten, moved, all by commits of the log. */

import type { AddFile } from "../../src/delta/action.ts";
import { physicalSelect } from "../../src/delta/physical-select.ts";
import type { Snapshot } from "../../src/delta/snapshot.ts";
import { commit } from "../../src/delta/write.ts";
import { duckdbType } from "../../src/engine/type.ts";
import { type Lake, loadTable, relationOf } from "../../src/lake/lake.ts";
import { quoteName } from "../../src/sql/quote.ts";

/** Rows that the query gives, which has the columns of the table. */
export async function addRows(lake: Lake, table: string, query: string): Promise<void> {
  await change(lake, await loadTable(lake, table), { operation: "WRITE", remove: [], query });
}

/** One file, chosen by its place in the list, with the rows that the query over `rows` makes of its own. */
export async function rewriteFile(
  lake: Lake,
  table: string,
  { at, query }: { readonly at: number; readonly query: (rows: string) => string },
): Promise<void> {
  const snapshot = await loadTable(lake, table);
  const file = snapshot.files[at % Math.max(1, snapshot.files.length)];
  if (file === undefined) return;
  const rows = await relationOf(lake, { ...snapshot, files: [file] });
  await change(lake, snapshot, { operation: "MERGE", remove: [file], query: query(rows) });
}

/** All rows in other files. */
export async function moveRows(lake: Lake, table: string): Promise<void> {
  const snapshot = await loadTable(lake, table);
  const query = `select * from ${await relationOf(lake, snapshot)}`;
  const remove = snapshot.files;
  await change(lake, snapshot, { operation: "OPTIMIZE", remove, query, dataChange: false });
}

/** Other rows in the place of all. */
export async function overwriteRows(lake: Lake, table: string, query: string): Promise<void> {
  const snapshot = await loadTable(lake, table);
  const parameters = { mode: "Overwrite" };
  await change(lake, snapshot, { operation: "WRITE", parameters, remove: "all", query });
}

interface Change {
  readonly operation: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly remove: readonly AddFile[] | "all";
  readonly query: string;
  readonly dataChange?: boolean;
}

async function change(lake: Lake, snapshot: Snapshot, { query, ...rest }: Change): Promise<void> {
  const staging = await lake.storage.openStaging();
  try {
    const how = { folder: staging.folder };
    const list = snapshot.metadata.fields.map(
      ({ name, type }) => `${quoteName(name)}::${duckdbType(type)} as ${quoteName(name)}`,
    );
    const typed = `select ${list.join(", ")} from (${query})`;
    const add = await lake.engine.write(physicalSelect(typed, snapshot), how);
    await commit(lake.delta, snapshot, { ...rest, add });
  } finally {
    await staging.close();
  }
}
