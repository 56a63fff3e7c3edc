/** Whether the columns of a file are those that the contract reads. */

import { nearestWord } from "../base/suggest.ts";
import type { FileProblem } from "../source/file-problem.ts";
import type { IngestDefinition } from "./asset.ts";
import type { ReadColumn } from "./condition.ts";

/** Names that a message lists, and ones that a missing one is compared with. */
const SHOWN_NAMES = 20;
const MOST_NEAR_NAMES = 500;

/** A column that must be there and is not makes every row wrong: the file is turned away once, and says so. */
export function headerProblem(
  names: readonly string[],
  read: readonly ReadColumn[],
  { extra }: IngestDefinition,
  delimiter?: string,
): FileProblem | undefined {
  const missing = read
    .filter(({ path, definition }) => !definition.optional && !names.includes(path))
    .map(({ path }) => path);
  if (missing.length > 0) {
    const other = [";", "\t", "|", ","].find(
      (one) =>
        delimiter !== undefined &&
        one !== delimiter &&
        names.length === 1 &&
        names[0]?.includes(one),
    );
    const message = `has no column ${listed(missing)} in its header; it has ${listed(names)}`;
    const guess =
      other === undefined
        ? nearestColumn(missing, names)
        : `. It looks as if fields were separated by ${JSON.stringify(other)}: set the option delimiter.`;
    return { rule: "file", message: `${message}${guess}`.slice(0, 2000), line: 1 };
  }
  const unknown = unknownColumns(names, read, { extra });
  return unknown && { ...unknown, line: 1 };
}

/** Where the contract turns away what it does not know, so is a file with a column of that kind. */
export function unknownColumns(
  names: readonly string[],
  read: readonly ReadColumn[],
  { extra }: Pick<IngestDefinition, "extra">,
): FileProblem | undefined {
  if (extra !== "reject") return undefined;
  const known = new Set(read.map(({ path }) => path));
  const unknown = names.filter((name) => !known.has(name));
  if (unknown.length === 0) return undefined;
  return {
    rule: "file",
    message: `has columns that the contract does not know: ${listed(unknown)}`,
  };
}

export function listed(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN_NAMES).map((name) => JSON.stringify(name));
  const more = names.length - shown.length;
  return `${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** The first name that is missing and looks like one that is there. */
export function nearestColumn(missing: readonly string[], names: readonly string[]): string {
  for (const name of missing) {
    const nearest = nearestWord(name, names.slice(0, MOST_NEAR_NAMES));
    if (nearest !== undefined)
      return `. Is ${JSON.stringify(nearest)} what ${JSON.stringify(name)} should be read from?`;
  }
  return "";
}
