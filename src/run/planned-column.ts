/** What a plan says of the columns of a table that is there. */

import type { DropColumns, RenameColumn } from "../delta/alter/table-change.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import { type Ingested, isIngested } from "../ingest/asset.ts";
import { widensByFeature } from "../ingest/widen.ts";
import type { Reshaping } from "../lake/reshape.ts";
import type { ProjectStep } from "../project/graph.ts";
import { evolve, renderType } from "../schema/evolution.ts";
import type { Field } from "../schema/type.ts";
import { isTransformed } from "../transform/asset.ts";
import { keepsRest } from "../transform/replace-part.ts";

export interface ColumnChange {
  readonly column: string;
  readonly change: "renamed" | "dropped" | "added" | "widened" | "incompatible" | "unused";
  /** In words, with what it means. */
  readonly means: string;
  /** The name that it has until then, where it is renamed. */
  readonly from?: string;
}

export interface ShapeChange {
  readonly table: Snapshot;
  /** What is done to it before rows come in. */
  readonly shape: Reshaping | undefined;
  /** As the step will give them. */
  readonly fields: readonly Field[];
}

export function columnChanges(
  { asset, kind }: Pick<ProjectStep, "asset" | "kind">,
  { table, shape, fields }: ShapeChange,
): ColumnChange[] {
  const before = shape?.fields ?? table.metadata.fields;
  const { added, widened, incompatible, unused } = evolve(before, fields, {
    inside: isIngested(asset),
  });
  const isPart = isTransformed(asset) && keepsRest(asset);
  const isReplaced =
    (kind === "transform" && !isPart) ||
    (isIngested(asset) && (asset as Ingested).definition.write === "overwrite");
  // What a record happens to hold is a column of its own there.
  const isDiscovered = isIngested(asset) && asset.definition.extra === "evolve";
  const kept = isReplaced ? "the table is made anew with it" : undefined;
  const refused = isPart ? "the run will refuse it: rows that stay do not fit" : undefined;
  const rewritten = widensByFeature(table, widened)
    ? "by the table's type widening, no file is rewritten"
    : "the table's files are rewritten once, no value changes";
  return [
    ...(shape?.columns ?? []).flatMap(columnsOfChange),
    ...added.map(
      ({ name, type }): ColumnChange => ({
        column: name,
        change: "added",
        means: `${renderType(type)}; ${kept ?? "older rows have null in it"}`,
      }),
    ),
    ...widened.map(
      ({ name, from, to }): ColumnChange => ({
        column: name,
        change: "widened",
        means: `${renderType(from)} to ${renderType(to)}; ${kept ?? refused ?? rewritten}`,
      }),
    ),
    ...incompatible.map(
      ({ name, from, to }): ColumnChange => ({
        column: name,
        change: "incompatible",
        means: `${renderType(from)} to ${renderType(to)}; ${kept ?? "the run will refuse it: old values may not fit"}`,
      }),
    ),
    ...(isDiscovered ? [] : unused).map(
      (name): ColumnChange => ({
        column: name,
        change: "unused",
        means: isReplaced
          ? "it will be gone"
          : (refused ?? "it stays, and new rows have null in it"),
      }),
    ),
  ];
}

function columnsOfChange(change: RenameColumn | DropColumns): ColumnChange[] {
  if (change.change === "drop columns") {
    const means =
      "it is gone from the table; its values leave the files when these are next written anew";
    return change.columns.map((path) => ({ column: path.join("."), change: "dropped", means }));
  }
  const from = change.column.join(".");
  const column = [...change.column.slice(0, -1), change.to].join(".");
  return [{ column, change: "renamed", means: `from "${from}"; no file is rewritten`, from }];
}
