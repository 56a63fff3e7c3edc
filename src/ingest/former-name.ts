/** The former names of columns, checked once: each leads to one column, and none is in use. */

import { MillraceError } from "../base/error.ts";
import type { ColumnDefinition } from "../schema/column.ts";

/** Columns beside each other: those of a table, or the fields of one struct. */
export function checkFormerNames(
  columns: Readonly<Record<string, ColumnDefinition>>,
  place: string,
): void {
  const own = new Map(Object.keys(columns).map((name) => [name.toLowerCase(), name]));
  const takenBy = new Map<string, string>();
  for (const [name, { formerly }] of Object.entries(columns)) {
    for (const former of formerly) {
      const key = typeof former === "string" ? former.toLowerCase() : "";
      if (key.trim() === "") throw wrong(`${place}, column "${name}", was formerly ""`, EMPTY);
      if (former === name)
        throw wrong(`${place}, column "${name}", was formerly "${former}" itself`, ITSELF);
      const user = own.get(key);
      // A name may change in upper and lower case alone.
      if (user !== undefined && user !== name) {
        const what = `${place}, column "${name}", was formerly "${former}", and "${user}" is a column`;
        throw wrong(
          what,
          `Take .formerly("${former}") away: that name means the other column now.`,
        );
      }
      const twin = takenBy.get(key);
      if (twin !== undefined && twin !== name) {
        const what = `${place} has columns "${twin}" and "${name}" that were both formerly "${former}"`;
        throw wrong(what, "A column becomes one other: say it of one of them.");
      }
      takenBy.set(key, name);
    }
  }
}

const EMPTY = "Name the column as the table has it.";
const ITSELF = "Name what it was called before, or leave .formerly() out.";

function wrong(message: string, hint: string): MillraceError {
  return new MillraceError(message, { code: "project/bad-column", hint });
}
