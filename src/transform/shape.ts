/** The declared shape of a transform held against what its query gives. */

import { MillraceError } from "../base/error.ts";
import { suggestWord } from "../base/suggest.ts";
import type { ColumnDefinition } from "../schema/column.ts";
import { dataType } from "../schema/column-type.ts";
import { isSameType, renderType } from "../schema/evolution.ts";
import type { DataType, Field } from "../schema/type.ts";

/** Throws where a declared column is missing, has another type that does not cast without loss, or one is there that was not declared. */
export function checkShape(
  name: string,
  declared: Readonly<Record<string, ColumnDefinition>>,
  found: readonly Field[],
): void {
  const names = found.map((field) => field.name);
  for (const [column, { type }] of Object.entries(declared)) {
    const field = found.find((one) => one.name === column);
    if (field === undefined) {
      throw new MillraceError(
        `${name} declares the column "${column}", which its query does not give`,
        {
          code: "transform/shape",
          hint: suggestWord(column, names),
        },
      );
    }
    const wanted = dataType(type);
    if (!isSameType(field.type, wanted) && !casts(field.type, wanted)) {
      throw new MillraceError(
        `${name} declares "${column}" as ${renderType(wanted)}, and its query gives ${renderType(field.type)}`,
        {
          code: "transform/shape",
          hint: `Cast it in the SQL, or declare what it is.`,
        },
      );
    }
  }
  const extra = names.find((column) => !Object.hasOwn(declared, column));
  if (extra !== undefined) {
    throw new MillraceError(
      `The query of ${name} gives the column "${extra}", which is not declared`,
      {
        code: "transform/shape",
        hint: `Declare it in columns, or leave it out of the SELECT.`,
      },
    );
  }
}

const NUMBERS: readonly DataType[] = ["byte", "short", "integer", "long", "float", "double"];

/** A number may be declared as another kind of number; the cast fails loudly where a value does not fit. */
function casts(from: DataType, to: DataType): boolean {
  const isNumber = (type: DataType): boolean =>
    NUMBERS.includes(type) || (typeof type === "object" && type.kind === "decimal");
  return isNumber(from) && isNumber(to);
}
