/** The columns that a contract drops, checked once: none of them is declared as well. */

import { MillraceError } from "../base/error.ts";
import type { ColumnDefinition, ColumnType } from "../schema/column.ts";

type Columns = Readonly<Record<string, ColumnDefinition>>;

/** The column that holds the rest of a record, for `extra: "keep"`. */
export const EXTRA_NAME = "_extra";

interface Declared {
  readonly columns: Columns;
  readonly extra: string | undefined;
}

export function checkDrop(
  drop: readonly string[] | undefined,
  { columns, extra }: Declared,
  place: string,
): readonly string[] {
  if (drop === undefined) return [];
  if (extra === "keep" && drop.some((name) => name.toLowerCase() === EXTRA_NAME)) {
    throw new MillraceError(`${place} drops "${EXTRA_NAME}", which extra: "keep" makes`, {
      code: "project/bad-option",
      hint: "Leave out one of the two.",
    });
  }
  const declared = namesOf(columns, "");
  for (const name of drop) {
    const twin = [...declared].find(([one]) => one.toLowerCase() === name.toLowerCase());
    if (twin === undefined) continue;
    const [column, isFormer] = twin;
    throw new MillraceError(
      `${place} drops "${name}", which is declared as ${isFormer ? "the former name of a column" : `the column "${column}"`}`,
      { code: "project/bad-option", hint: "Take it out of the one or of the other." },
    );
  }
  return Object.freeze([...drop]);
}

/** With dots down to fields inside; and whether it is a former name. */
function namesOf(columns: Columns, parent: string): Map<string, boolean> {
  const names = new Map<string, boolean>();
  for (const [name, { type, formerly }] of Object.entries(columns)) {
    for (const former of formerly) names.set(`${parent}${former}`, true);
    names.set(`${parent}${name}`, false);
    for (const [inner, isFormer] of namesInside(type, `${parent}${name}`))
      names.set(inner, isFormer);
  }
  return names;
}

function namesInside(type: ColumnType, path: string): Map<string, boolean> {
  if (type.kind === "struct") return namesOf(type.of, `${path}.`);
  return type.kind === "list" ? namesInside(type.of.type, `${path}.element`) : new Map();
}
