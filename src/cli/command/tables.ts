/** `millrace tables`: what the lake holds. */

import type { Command } from "../context.ts";
import { renderGrid } from "../grid.ts";
import { withLake } from "../place.ts";
import { ageText, countText, plural, sizeText } from "../quantity.ts";

export const command: Command = async (context) => {
  const { output, args } = context;
  const all = await withLake(context, async (lake) => {
    const { readTables } = await import("../../run/tables.ts");
    return readTables(lake);
  });
  const shown = args.has("all") ? all : all.filter(({ table }) => !table.startsWith("system."));
  if (output.isJson) {
    await output.document(
      shown.map((one) =>
        "error" in one ? one : { ...one, rows: one.rows ?? null, changed: one.changed },
      ),
    );
    return 0;
  }
  const { style, width } = output.out;
  const now = new Date();
  const rows = shown.map((one) =>
    "error" in one
      ? [one.table, "", "", "", "", `cannot be read: ${one.error}`]
      : [
          one.table,
          String(one.version),
          one.rows === undefined ? "?" : countText(one.rows),
          countText(one.files),
          sizeText(one.size),
          ageText(one.changed, now),
        ],
  );
  const columns = [
    { title: "Table" },
    { title: "Version", isNumber: true },
    { title: "Rows", isNumber: true },
    { title: "Files", isNumber: true },
    { title: "Size", isNumber: true },
    { title: "Changed" },
  ];
  const look = { title: style.bold, faint: style.faint, ...(width === undefined ? {} : { width }) };
  if (rows.length > 0) await output.result(renderGrid(columns, rows, look).text);
  else await output.result("The lake holds no tables yet.\n");
  const left = all.length - shown.length;
  if (left > 0) output.remark(`and ${plural(left, "table")} of Millrace's own: --all lists them`);
  return 0;
};
