/** A chart drawn into a file. */

import { createHash } from "node:crypto";
import { rename } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { MillraceError, messageOf, systemCodeOf } from "../base/error.ts";
import { chartOption } from "../chart/option.ts";
import { chartQuery } from "../chart/query.ts";
import { renderPng } from "../chart/render-png.ts";
import { renderSvg } from "../chart/render-svg.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import type { Engine } from "../engine/engine.ts";
import { withSession } from "../lake/session.ts";
import { atItsPlace } from "../lake/sql-place.ts";
import type { StepContext, StepOutcome } from "../lake/step.ts";
import { NOTHING } from "../lake/step-info.ts";
import { tablesOf } from "../sql/render.ts";
import { ensureFolder, flushFolder, writeFlushed } from "../storage/durable.ts";
import { safeFileName } from "../warehouse/file-name.ts";
import { closeOutputStaging, openOutputStaging } from "../warehouse/output-staging.ts";
import type { Picture } from "./asset.ts";
import { hashOf, type Ingredients, outdatedBecause, placeOf, rememberOutput } from "./output.ts";
import type { PublishContext } from "./publish-table.ts";
import { findTables, openViews, render, renderQuery, versionsOf } from "./view.ts";

/** Why the picture must be drawn again; undefined where it is as it must be. */
export async function pictureStaleBecause(
  context: PublishContext,
  name: string,
  asset: Picture,
): Promise<string | undefined> {
  for (const table of tablesOf(asset.chart.from)) {
    if ((await context.lake.find(table.name)) === undefined)
      return `${table.name} is not there yet`;
  }
  const tables = await findTables(context, namesIn(asset));
  return outdatedBecause(context, name, ingredients(context, asset, tables));
}

export async function drawPicture(
  context: StepContext,
  name: string,
  asset: Picture,
): Promise<StepOutcome> {
  const tables = await findTables(context, namesIn(asset));
  return withSession(context, async (session) => {
    await openViews(context, session, tables);
    const rows = await session.rows(chartQuery(asset.chart, render(context, asset.chart.from)));
    context.signal.throwIfAborted();
    const size = { width: asset.width, height: asset.height };
    const option = chartOption(asset.chart, rows, size);
    const bytes =
      asset.format === "png"
        ? await renderPng(option, size)
        : Buffer.from(await renderSvg(option, size));
    const what = ingredients(context, asset, tables);
    await writeWhole(context, what.path, bytes);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const made = { path: what.path, rows: BigInt(rows.length), sizeBytes: bytes.length, sha256 };
    await rememberOutput(context, name, what, made);
    context.lake.crash("publish/recorded");
    return {
      state: "done",
      version: undefined,
      ledger: { ...NOTHING, read: rows.length, written: rows.length },
      outputs: [what.path],
    };
  });
}

/** Finds what is wrong with the SQL of a picture without a row; the session knows its tables. */
export async function checkPicture(
  context: Pick<StepContext, "param">,
  session: Engine,
  { name, asset }: { readonly name: string; readonly asset: Picture },
): Promise<void> {
  const rendered = renderQuery(context, asset.chart.from);
  await atItsPlace({ name, code: "publish/sql", rendered }, () => session.describe(rendered.text));
}

function ingredients(
  context: PublishContext,
  asset: Picture,
  tables: ReadonlyMap<string, Snapshot>,
): Ingredients {
  const { from, ...chart } = asset.chart;
  return {
    definition: hashOf([render(context, from), chart, asset.width, asset.height]),
    input: versionsOf(tables),
    path: picturePath(context, asset),
    place: placeOf(context, asset.folder, fileOf(asset)),
  };
}

/** Absolute. */
export function picturePath(
  { root, text }: Pick<PublishContext, "root" | "text">,
  asset: Picture,
): string {
  return resolve(root, text(asset.folder), fileOf(asset));
}

function fileOf({ name, format }: Picture): string {
  return `${safeFileName(name)}.${format}`;
}

function namesIn({ chart }: Picture): string[] {
  return tablesOf(chart.from).map(({ name }) => name);
}

/** The file appears whole, or the old one stays. */
async function writeWhole({ lake }: StepContext, path: string, bytes: Uint8Array): Promise<void> {
  const folder = dirname(path);
  try {
    await ensureFolder(folder, folder);
    const staging = await openOutputStaging(folder);
    try {
      const staged = join(staging.folder, basename(path));
      await writeFlushed(staged, bytes);
      lake.crash("publish/written");
      await rename(staged, path);
      await flushFolder(folder);
      lake.crash("publish/renamed");
    } finally {
      await closeOutputStaging(staging, folder);
    }
  } catch (cause) {
    if (systemCodeOf(cause) === undefined) throw cause;
    throw new MillraceError(`${path} cannot be written: ${messageOf(cause)}`, {
      code: "publish/cannot-write",
      hint: "Look at the folder, its rights and the space on its disk.",
      cause,
    });
  }
}
