/** Checks of the options that only charts have. */

import { MillraceError } from "../base/error.ts";
import { made, type OptionCheck, text, wrongOption } from "../base/option.ts";

/** So many bins are more than a reader can tell apart. */
const MOST_EDGES = 201;

export const query: OptionCheck = made(["sql"], "sql`select ...`");

/** The name of a column, or several. */
export const columns: OptionCheck = (value, name) => {
  const names: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (names.length === 0) throw wrongOption(name, value, "at least one column");
  for (const one of names) text(one, name);
  const twice = names.find((one, index) => names.indexOf(one) !== index);
  if (twice !== undefined) throw wrongOption(name, value, "different columns");
};

/** Where bins begin and end, ascending. */
export const edges: OptionCheck = (value, name) => {
  const wanted =
    "two or more finite numbers, each greater than the one before, such as [0, 10, 100]";
  if (!Array.isArray(value) || value.length < 2) throw wrongOption(name, value, wanted);
  const numbers: readonly unknown[] = value;
  numbers.forEach((edge, index) => {
    const before = numbers[index - 1] ?? Number.NEGATIVE_INFINITY;
    if (typeof edge !== "number" || !Number.isFinite(edge) || edge <= Number(before)) {
      throw wrongOption(`${name}, at index ${index},`, edge, wanted);
    }
  });
  if (numbers.length > MOST_EDGES) {
    throw new MillraceError(`${name} has ${numbers.length} numbers, more than ${MOST_EDGES}`, {
      code: "project/bad-option",
      hint: "Fewer, wider bins show more.",
    });
  }
};

/** Throws where an option that must be there is not. */
export function required<Options extends object>(
  builder: string,
  how: Options,
  checks: { readonly [Name in keyof Options]?: string },
): void {
  for (const [name, wanted] of Object.entries(checks)) {
    const value: unknown = Reflect.get(how, name);
    if (value === undefined) {
      throw wrongOption(`The option ${name} of ${builder}`, value, String(wanted));
    }
  }
}
