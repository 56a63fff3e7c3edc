/** A table written to a folder of files. */

import { resolve } from "node:path";
import type { Snapshot } from "../delta/snapshot.ts";
import { viewName } from "../lake/lake.ts";
import type { StepContext, StepOutcome } from "../lake/step.ts";
import { NOTHING } from "../lake/step-info.ts";
import { quarantineOf } from "../schema/table.ts";
import { tablesOf } from "../sql/render.ts";
import { safeFileName } from "../warehouse/file-name.ts";
import { createFileWarehouse } from "../warehouse/file-warehouse.ts";
import type { Publication } from "./asset.ts";
import { hashOf, type Ingredients, outdatedBecause, rememberOutput } from "./output.ts";
import { findTables, openViews, render, versionsOf } from "./view.ts";

export type PublishContext = Pick<StepContext, "lake" | "root" | "text" | "param">;

/** Why the file must be written again; undefined where it is as it must be. */
export async function publicationStaleBecause(
  context: PublishContext,
  name: string,
  asset: Publication,
): Promise<string | undefined> {
  for (const table of tablesIn(asset)) {
    if ((await context.lake.find(table)) === undefined) return `${table} is not there yet`;
  }
  const tables = await findTables(context, tablesIn(asset));
  return outdatedBecause(context, name, ingredients(context, asset, tables));
}

export async function publishTable(
  context: StepContext,
  name: string,
  asset: Publication,
): Promise<StepOutcome> {
  const tables = await findTables(context, tablesIn(asset));
  const session = await context.lake.engine.session();
  const stop = (): void => session.interrupt();
  context.signal.addEventListener("abort", stop, { once: true });
  try {
    await openViews(context, session, tables);
    const { format, nulls, bom, formulas } = asset.to;
    const warehouse = createFileWarehouse(
      { folder: folderOfOutput(context, asset), format, nulls, bom, formulas },
      context.lake.crash,
    );
    const made = await warehouse.write(
      {
        name: fileName(asset),
        query: queryOf(context, asset),
        ...(asset.columns === undefined
          ? {}
          : { columns: asset.columns.map(([column, title]) => ({ name: column, title })) }),
      },
      session,
    );
    await rememberOutput(context, name, ingredients(context, asset, tables), made);
    context.lake.crash("publish/recorded");
    const rows = Number(made.rows);
    return {
      state: "done",
      version: undefined,
      ledger: { ...NOTHING, read: rows, written: rows },
      outputs: [made.path],
    };
  } finally {
    context.signal.removeEventListener("abort", stop);
    session.close();
  }
}

function ingredients(
  context: PublishContext,
  asset: Publication,
  tables: ReadonlyMap<string, Snapshot>,
): Ingredients {
  return {
    definition: hashOf([
      queryOf(context, asset),
      asset.columns,
      asset.to.format,
      asset.to.nulls,
      asset.to.bom,
      asset.to.formulas,
    ]),
    input: versionsOf(tables),
    path: publicationPath(context, asset),
  };
}

/** Absolute. */
export function publicationPath(
  context: Pick<PublishContext, "root" | "text">,
  asset: Publication,
): string {
  const file = `${safeFileName(fileName(asset))}.${asset.to.format}`;
  return resolve(folderOfOutput(context, asset), file);
}

function queryOf(context: PublishContext, { table, where, orderBy }: Publication): string {
  const filter = where === undefined ? "" : ` where (${render(context, where)}\n)`;
  const order = orderBy === undefined ? "" : ` order by ${render(context, orderBy)}\n`;
  return `select * from ${viewName(table.name)}${filter}${order}`;
}

function tablesIn({ table, where, orderBy }: Publication): string[] {
  const others = [where, orderBy].flatMap((sql) => (sql === undefined ? [] : tablesOf(sql)));
  return [...new Set([table.name, ...others.map(({ name }) => name)])];
}

function folderOfOutput(
  { root, text }: Pick<PublishContext, "root" | "text">,
  { to }: Publication,
): string {
  return resolve(root, text(to.folder));
}

/** As declared, or the table's own name without its schema: `members` of `silver.members`. */
function fileName({ to, table }: Publication): string {
  if (to.name !== undefined) return to.name;
  const isQuarantine = table.name.startsWith(quarantineOf(""));
  const own = isQuarantine ? table.name.slice(quarantineOf("").length) : table.name;
  return own.slice(own.indexOf(".") + 1);
}
