/** `millrace replay`: the quarantined rows of a table judged once more. */

import type { Command } from "../context.ts";
import { renderGrid } from "../grid.ts";
import { openPlace, openProject } from "../place.ts";
import { countText, plural } from "../quantity.ts";
import { checkName } from "../table-name.ts";

export const command: Command = async (context) => {
  const { output, args, stop } = context;
  const table = checkName(args.positionals[0] ?? "").replace(/^quarantine\.(?=.*\.)/, "");
  const dryRun = args.has("dry-run");
  const project = await openProject(context);
  const workspace = await openPlace(context, project);
  try {
    stop.check();
    const { replay } = await import("../../run/replay.ts");
    const result = await replay(project, workspace, { table, dryRun, signal: stop.signal });
    if (output.isJson) {
      await output.document(result);
      return 0;
    }
    const { tried, passing, still_rejected, version, reasons } = result;
    const { style, width } = output.out;
    const what = dryRun ? "would pass" : "passed";
    await output.result(
      `Of ${plural(tried, "quarantined row")} of ${table}, ${countText(passing)} ${what} and ${countText(still_rejected)} ${still_rejected === 1 ? "stays" : "stay"}.\n`,
    );
    if (version !== undefined) await output.result(`${table} is at version ${version}.\n`);
    if (reasons.length > 0) {
      const grid = renderGrid(
        [{ title: "Rows", isNumber: true }, { title: "Column" }, { title: "Reason" }],
        reasons.map(({ count, column, message }) => [countText(count), column ?? "", message]),
        { title: style.bold, faint: style.faint, ...(width === undefined ? {} : { width }) },
      );
      await output.result(`\n${grid.text}`);
    }
    return 0;
  } finally {
    await workspace.close();
  }
};
