/** Declared columns without .optional(): where the statistics of new files cannot rule a null out, a check looks for one. */

import type { ColumnDefinition } from "../schema/column.ts";
import type { WrittenFile } from "../schema/table-files.ts";
import { type Check, notNull } from "./check.ts";

export interface RequiredInput {
  readonly columns: Readonly<Record<string, ColumnDefinition>> | undefined;
  /** With the values of partition columns by their logical names. */
  readonly files: readonly WrittenFile[];
  /** The name of a column in the files, by its logical one. */
  readonly physical: ReadonlyMap<string, string>;
}

/** Checks by what a failure says. */
export function requiredChecks({ columns, files, physical }: RequiredInput): Record<string, Check> {
  const required = Object.entries(columns ?? {})
    .filter(([, { optional }]) => !optional)
    .map(([name]) => name)
    .filter((name) => files.some((file) => mayBeNull(file, name, physical.get(name) ?? name)));
  return Object.fromEntries(
    required.map((name) => [
      `column "${name}" has no null, or is declared .optional()`,
      notNull(name),
    ]),
  );
}

function mayBeNull(
  { columns, partitionValues, rows }: WrittenFile,
  name: string,
  inFile: string,
): boolean {
  if (Object.hasOwn(partitionValues, name)) return partitionValues[name] === null;
  if (rows === 0n) return false;
  const found = columns.find(({ path }) => path.length === 1 && path[0] === inFile);
  return found?.nullCount !== 0n;
}
