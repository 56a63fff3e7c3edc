/** The versions of a table as lines for a person, newest first. */

import type { TableVersion } from "../run/history.ts";
import { renderGrid } from "./grid.ts";
import type { Output } from "./output.ts";
import { countText, timeText } from "./quantity.ts";

const COLUMNS = [
  { title: "Version", isNumber: true },
  { title: "Time (UTC)" },
  { title: "Operation" },
  { title: "Rows written", isNumber: true },
  { title: "Files", isNumber: true },
  { title: "Quarantined", isNumber: true },
  { title: "Engine" },
];

export function renderVersions(versions: readonly TableVersion[], { style, width }: Output["out"]) {
  const rows = versions.map((one) => [
    String(one.version),
    timeText(one.at),
    operationText(one),
    one.rows === undefined ? "" : countText(one.rows),
    `+${one.files_added} -${one.files_removed}`,
    one.ledger === undefined ? "" : countText(one.ledger.quarantined),
    one.engine ?? "",
  ]);
  const look = { title: style.bold, faint: style.faint, ...(width === undefined ? {} : { width }) };
  return renderGrid(COLUMNS, rows, look).text;
}

/** The operation with what a person would ask next: where a table went back to, what a vacuum removed. */
function operationText({ operation, parameters, metrics }: TableVersion): string {
  switch (operation) {
    case "RESTORE":
      return `RESTORE to ${parameters.version ?? parameters.timestamp ?? "?"}`;
    case "OPTIMIZE": {
      const columns = namesIn(parameters.zOrderBy);
      if (columns.length > 0) return `OPTIMIZE by ${columns.join(", ")}`;
      return parameters.auto === "true" ? "OPTIMIZE by itself" : "OPTIMIZE";
    }
    case "VACUUM END":
      return `VACUUM END of ${metrics.numDeletedFiles ?? "?"} files`;
    default:
      return operation;
  }
}

/** The names in a JSON text, as writers give lists of columns. */
function namesIn(text: unknown): string[] {
  if (typeof text !== "string") return [];
  try {
    const names: unknown = JSON.parse(text);
    return Array.isArray(names) ? names.map(String) : [];
  } catch {
    return [];
  }
}

/** A version as JSON documents tell it: every member is there. */
export function versionDocument(version: TableVersion): object {
  const { rows = null, engine = null, run = null, ledger = null, ...rest } = version;
  return { ...rest, rows, engine, run, ledger };
}
