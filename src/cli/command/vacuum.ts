/** `millrace vacuum`: removes the files of tables that nobody needs; shows them first. */

import { parseDuration } from "../../base/duration.ts";
import type { VacuumedLake, VacuumedTable } from "../../run/maintenance.ts";
import { canAsk, confirm } from "../confirm.ts";
import type { Command, CommandContext } from "../context.ts";
import { renderGrid } from "../grid.ts";
import { withTables } from "../place.ts";
import { countText, plural, sizeText } from "../quantity.ts";
import { readAddress } from "../table-name.ts";

/** Files of one table that a person is shown. */
const SHOWN = 20;

export const command: Command = async (context) => {
  const { output, args, stop } = context;
  const [text] = args.positionals;
  const table = text === undefined ? undefined : readAddress(text);
  const keep = args.text("keep");
  const options = {
    ...(keep === undefined ? {} : { retentionMs: parseDuration(keep) }),
    force: args.has("force"),
  };
  const isDry = args.has("dry-run") || !args.has("yes");
  const asks = isDry && !args.has("dry-run") && canAsk(context);
  return withTables(context, async (place) => {
    const { vacuumTables } = await import("../../run/maintenance.ts");
    const doIt = (dryRun: boolean) =>
      vacuumTables({ place, signal: stop.signal }, table, { ...options, dryRun });
    const found = await doIt(isDry);
    const total = totalOf(found.tables);
    await show(context, found, isDry);
    const code = found.failed.length === 0 ? 0 : 1;
    if (!isDry || total.files === 0) return code;
    if (asks && (await confirm(context, `Remove ${sumText(total)}?`))) {
      const removed = await doIt(false);
      await output.result(`${sumText(totalOf(removed.tables))} removed.\n`);
      return removed.failed.length === 0 ? 0 : 1;
    }
    if (!args.has("dry-run") && !output.isJson) {
      output.remark(asks ? "nothing was removed" : "nothing was removed: --yes removes them");
    }
    return code;
  });
};

interface Total {
  readonly files: number;
  readonly bytes: number;
}

function totalOf(tables: readonly VacuumedTable[]): Total {
  return {
    files: tables.reduce((sum, { files }) => sum + files.length, 0),
    bytes: tables.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

function sumText({ files, bytes }: Total): string {
  return `${plural(files, "file")}, ${sizeText(bytes)},`;
}

async function show(
  { output }: CommandContext,
  { tables, failed }: VacuumedLake,
  isDry: boolean,
): Promise<void> {
  if (output.isJson) {
    await output.document({
      dry_run: isDry,
      tables: tables.map(({ table, retentionMs, bytes, files }) => ({
        table,
        keep_ms: retentionMs,
        files: files.length,
        bytes,
        paths: files.map(({ path }) => path),
      })),
      failed: failed.map(({ table, error: { code, message } }) => ({
        table,
        error: { code, message },
      })),
    });
    return;
  }
  for (const { table, error } of failed) {
    output.error(`${table} cannot be vacuumed: ${error.message} [${error.code}]\n`);
  }
  const some = tables.filter(({ files }) => files.length > 0);
  const [only] = some;
  if (only === undefined) {
    await output.result("There are no files that nobody needs.\n");
    return;
  }
  const { style, width } = output.out;
  const look = { title: style.bold, faint: style.faint, ...(width === undefined ? {} : { width }) };
  if (tables.length === 1) {
    const rows = only.files
      .slice(0, SHOWN)
      .map(({ path, sizeBytes, modified }) => [
        path,
        sizeText(sizeBytes),
        modified.toISOString().slice(0, 16).replace("T", " "),
      ]);
    const columns = [
      { title: "File" },
      { title: "Size", isNumber: true },
      { title: "Written (UTC)" },
    ];
    await output.result(renderGrid(columns, rows, look).text);
    const more = only.files.length - rows.length;
    if (more > 0) await output.result(`and ${plural(more, "more file", "more files")}\n`);
  } else {
    const rows = some.map(({ table, files, bytes }) => [
      table,
      countText(files.length),
      sizeText(bytes),
    ]);
    const columns = [
      { title: "Table" },
      { title: "Files", isNumber: true },
      { title: "Size", isNumber: true },
    ];
    await output.result(renderGrid(columns, rows, look).text);
  }
  await output.result(
    `${sumText(totalOf(tables))} ${isDry ? "are needed by nobody" : "removed"}.\n`,
  );
}
