/** Columns that join, leave, or get another name, type, comment or place. */

import { MillraceError } from "../../base/error.ts";
import type { DataType, Field } from "../../schema/type.ts";
import { parseColumnList, renderColumnList } from "../column-list.ts";
import { wantedMode } from "../column-mapping.ts";
import { isOn } from "../property.ts";
import type { TableContent } from "../table-spec.ts";
import { nameOf } from "../type-name.ts";
import { isWidening } from "../widening.ts";
import { changeMembers, changeSiblings, changeTypeAt, placeField } from "./column-place.ts";
import { checkNoPartition, checkNoRuleUses } from "./dependent.ts";
import type {
  AddColumns,
  ChangeColumn,
  ColumnPath,
  DropColumns,
  NewColumn,
  RenameColumn,
} from "./table-change.ts";

export function addColumns(table: TableContent, { columns }: AddColumns): TableContent {
  return { ...table, fields: columns.reduce(addColumn, table.fields) };
}

export function renameColumn(table: TableContent, { column, to }: RenameColumn): TableContent {
  checkMapped(table, column, "renamed");
  checkNoPartition(table, column, "renamed");
  checkNoRuleUses(table, column, "renamed");
  const fields = changeSiblings(table.fields, column, ({ fields: siblings, field, index }) =>
    siblings.with(index, { ...field, name: to }),
  );
  const renamed = [...column.slice(0, -1), to];
  return withStatistics({ ...table, fields }, (path) =>
    begins(path, column) ? [...renamed, ...path.slice(column.length)] : path,
  );
}

export function dropColumns(table: TableContent, { columns }: DropColumns): TableContent {
  return columns.reduce(dropColumn, table);
}

export function changeColumn(table: TableContent, change: ChangeColumn): TableContent {
  const { column, type, nullable, comment, position } = change;
  let { fields } = table;
  if (type !== undefined) fields = widenColumn({ ...table, fields }, column, type);
  if (nullable) fields = letBeNull(fields, column);
  if (comment !== undefined) fields = changeField(fields, column, comments(comment));
  if (position !== undefined) {
    fields = changeSiblings(fields, column, ({ fields: siblings, field, index }) =>
      placeField(siblings.toSpliced(index, 1), field, position),
    );
  }
  return { ...table, fields };
}

function addColumn(fields: readonly Field[], added: NewColumn): readonly Field[] {
  const { column, type, comment, position } = added;
  const name = column.at(-1) ?? "";
  if (column.includes("key")) checkNotInKey(fields, column);
  const field: Field = {
    name,
    type,
    nullable: true,
    ...(comment === undefined ? {} : { metadata: { comment } }),
  };
  return changeMembers(fields, column.slice(0, -1), (members) => {
    const twin = members.find((member) => member.name.toLowerCase() === name.toLowerCase());
    if (twin === undefined) return placeField(members, field, position);
    throw new MillraceError(`The table has a column "${twin.name}" already.`, {
      code: "delta/bad-schema",
      hint: "Readers match names without case; choose another name.",
    });
  });
}

/** Keys of one map would become equal or different by a column that they were written without. */
function checkNotInKey(fields: readonly Field[], column: ColumnPath): void {
  for (const [index, step] of column.entries()) {
    if (step !== "key" || index === 0) continue;
    changeTypeAt(fields, column.slice(0, index), (type) => {
      if (typeof type === "string" || type.kind !== "map") return type;
      throw new MillraceError(`The column "${column.join(".")}" would be a part of a map's keys.`, {
        code: "delta/bad-schema",
        hint: "Add it to the values, or beside the map.",
      });
    });
  }
}

function dropColumn(table: TableContent, column: ColumnPath): TableContent {
  checkMapped(table, column, "dropped");
  checkNoPartition(table, column, "dropped");
  checkNoRuleUses(table, column, "dropped");
  const fields = changeSiblings(table.fields, column, ({ fields: siblings, index }) => {
    if (siblings.length > 1) return siblings.toSpliced(index, 1);
    throw new MillraceError(`The column "${column.join(".")}" is the only one there.`, {
      code: "delta/bad-schema",
      hint: column.length > 1 ? "Drop the column around it." : "A table has at least one column.",
    });
  });
  return withStatistics({ ...table, fields }, (path) => (begins(path, column) ? undefined : path));
}

function widenColumn(table: TableContent, column: ColumnPath, type: DataType): readonly Field[] {
  const name = column.join(".");
  return changeTypeAt(table.fields, column, (old) => {
    const [from, to] = [nameOf(old), nameOf(type)];
    if (from === to && (typeof type === "string" || type.kind === "decimal")) return old;
    if (!isWidening(old, type)) {
      throw new MillraceError(`The column "${name}" is ${from} and cannot become ${to}.`, {
        code: "delta/bad-schema",
        hint: "Files that are there must fit: whole numbers may grow, also to double and decimal, float to double, decimals in digits on both sides, date to timestamp_ntz.",
      });
    }
    if (!isOn(table.configuration, "delta.enableTypeWidening")) {
      throw new MillraceError(
        `The column "${name}" is ${from}, and the table does not allow it to become ${to}.`,
        {
          code: "delta/bad-schema",
          hint: "Set the table property delta.enableTypeWidening to true first; readers then need that feature.",
        },
      );
    }
    checkNoRuleUses(table, column, `made ${to}`);
    return type;
  });
}

/** What is inside a list or map may become nullable too. */
function letBeNull(fields: readonly Field[], column: ColumnPath): readonly Field[] {
  const last = column.at(-1);
  if (column.length > 1 && (last === "element" || last === "value")) {
    let inside = false;
    const changed = changeTypeAt(fields, column.slice(0, -1), (type) => {
      if (typeof type === "string") return type;
      inside = type.kind === "array" || type.kind === "map";
      if (type.kind === "array" && last === "element") return { ...type, containsNull: true };
      if (type.kind === "map" && last === "value") return { ...type, valueContainsNull: true };
      return type;
    });
    if (inside) return changed;
  }
  return changeField(fields, column, (field) => ({ ...field, nullable: true }));
}

function comments(comment: string | null): (field: Field) => Field {
  return ({ metadata, ...field }) => {
    const { comment: _, ...rest } = metadata ?? {};
    return { ...field, metadata: comment === null ? rest : { ...rest, comment } };
  };
}

function changeField(
  fields: readonly Field[],
  column: ColumnPath,
  change: (field: Field) => Field,
): readonly Field[] {
  return changeSiblings(fields, column, ({ fields: siblings, field, index }) =>
    siblings.with(index, change(field)),
  );
}

/** Statistics are kept of columns that the table names in a property. */
function withStatistics(
  table: TableContent,
  change: (path: ColumnPath) => ColumnPath | undefined,
): TableContent {
  const key = "delta.dataSkippingStatsColumns";
  const named = parseColumnList(table.configuration[key] ?? "");
  if (named === undefined || named.length === 0) return table;
  const left = named.map(change).filter((path) => path !== undefined);
  return { ...table, configuration: { ...table.configuration, [key]: renderColumnList(left) } };
}

function begins(path: ColumnPath, column: ColumnPath): boolean {
  return column.every((name, index) => name.toLowerCase() === path[index]?.toLowerCase());
}

function checkMapped(table: TableContent, column: ColumnPath, act: string): void {
  if (wantedMode(table.configuration) !== "none") return;
  throw new MillraceError(
    `The column "${column.join(".")}" cannot be ${act}: the files bear the table's own names.`,
    {
      code: "delta/bad-schema",
      hint: "Set the table property delta.columnMapping.mode to name first; readers then need that feature.",
    },
  );
}
