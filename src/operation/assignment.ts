/** New values of columns as a person writes them: SQL by the name of the column. */

import { MillraceError } from "../base/error.ts";
import { nearestWord } from "../base/suggest.ts";
import type { Field } from "../schema/type.ts";

export type Assignments = Readonly<Record<string, string>>;

/** The same under the names that the table gives its columns; a name it does not have is `operation/no-such-column`. */
export function checkAssignments(
  fields: readonly Field[],
  table: string,
  assignments: Assignments,
): Assignments {
  const known = new Map(fields.map(({ name }) => [name.toLowerCase(), name]));
  const checked = new Map<string, string>();
  for (const [name, value] of Object.entries(assignments)) {
    const column = known.get(name.toLowerCase());
    if (column === undefined) throw noSuchColumn(fields, table, name);
    if (checked.has(column)) {
      throw new MillraceError(`The column "${column}" of table ${table} is given two values.`, {
        code: "operation/bad-assignment",
        hint: "Names of columns differ by more than upper and lower case; give each one value.",
      });
    }
    checked.set(column, value);
  }
  return Object.fromEntries(checked);
}

function noSuchColumn(fields: readonly Field[], table: string, name: string): MillraceError {
  const names = fields.map((field) => field.name);
  const near = nearestWord(name, names);
  return new MillraceError(`The table ${table} has no column "${name}" to give a value to.`, {
    code: "operation/no-such-column",
    hint: near === undefined ? `Its columns are ${names.join(", ")}.` : `Did you mean ${near}?`,
  });
}
