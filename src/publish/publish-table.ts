/** A table written to a folder of files. */

import { resolve } from "node:path";
import { MillraceError } from "../base/error.ts";
import { suggestWord } from "../base/suggest.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import type { Engine } from "../engine/engine.ts";
import { viewName } from "../lake/lake.ts";
import { withSession } from "../lake/session.ts";
import { atItsPlace } from "../lake/sql-place.ts";
import type { StepContext, StepOutcome } from "../lake/step.ts";
import { NOTHING } from "../lake/step-info.ts";
import { quarantineOf } from "../schema/table.ts";
import { tablesOf } from "../sql/render.ts";
import type { Sql } from "../sql/template.ts";
import { safeFileName } from "../warehouse/file-name.ts";
import { createFileWarehouse } from "../warehouse/file-warehouse.ts";
import type { Publication } from "./asset.ts";
import { hashOf, type Ingredients, outdatedBecause, placeOf, rememberOutput } from "./output.ts";
import { findTables, openViews, render, renderQuery, versionsOf } from "./view.ts";

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
  return withSession(context, async (session) => {
    await openViews(context, session, tables);
    const { format, nulls, bom, formulas } = asset.to;
    const warehouse = createFileWarehouse(
      { folder: folderOfOutput(context, asset), format, nulls, bom, formulas },
      context.lake.crash,
    );
    const made = await warehouse.write(
      {
        name: outputName(asset),
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
  });
}

/** Finds what is wrong with an output without a row; the session knows its tables. */
export async function checkPublication(
  context: Pick<StepContext, "param">,
  session: Engine,
  { name, asset }: { readonly name: string; readonly asset: Publication },
): Promise<void> {
  const { table, where, orderBy, columns = [] } = asset;
  const from = `select * from ${viewName(table.name)}`;
  const names = (await session.describe(from)).map((field) => field.name);
  const unknown = columns.find(([column]) => !names.includes(column))?.[0];
  if (unknown !== undefined) {
    throw new MillraceError(
      `${name} names the column "${unknown}", which the table does not have`,
      {
        code: "warehouse/unknown-column",
        hint: suggestWord(unknown, names),
      },
    );
  }
  const check = async (option: string, sql: Sql | undefined, statement: string): Promise<void> => {
    if (sql === undefined) return;
    const rendered = renderQuery(context, sql);
    const placed = { name: `${option} of ${name}`, code: "publish/sql", rendered, linesBefore: 1 };
    await atItsPlace(placed, () => session.describe(`${statement}\n${rendered.text}\n)`));
  };
  await check("where", where, `${from} where (`);
  await check("orderBy", orderBy, `select * from (${from} order by `);
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
    place: placeOf(context, asset.to.folder, fileOf(asset)),
  };
}

/** Absolute. */
export function publicationPath(
  context: Pick<PublishContext, "root" | "text">,
  asset: Publication,
): string {
  return resolve(folderOfOutput(context, asset), fileOf(asset));
}

function fileOf(asset: Publication): string {
  return `${safeFileName(outputName(asset))}.${asset.to.format}`;
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

/** The name of the file without its ending: as declared, or the table's own name without its schema: `members` of `silver.members`. */
export function outputName({ to, table }: Publication): string {
  if (to.name !== undefined) return to.name;
  const isQuarantine = table.name.startsWith(quarantineOf(""));
  const own = isQuarantine ? table.name.slice(quarantineOf("").length) : table.name;
  return own.slice(own.indexOf(".") + 1);
}
