/** Reading the statistics text of a data file. */

import { isJsonObject, parseJsonWithNumbersAsText } from "../base/json.ts";
import type { AddFile } from "./action.ts";

/** Statistics as other writers and we leave them; every number is a text of exactly its value. */
export interface FileStatistics {
  readonly rows: bigint | undefined;
  readonly min: Readonly<Record<string, unknown>>;
  readonly max: Readonly<Record<string, unknown>>;
  readonly nullCount: Readonly<Record<string, unknown>>;
}

const NONE: FileStatistics = { rows: undefined, min: {}, max: {}, nullCount: {} };

/** Statistics that are missing or broken are those of a file about which nothing is known. */
export function readStatistics({ stats }: AddFile): FileStatistics {
  if (stats === undefined) return NONE;
  let value: unknown;
  try {
    value = LONG_NUMBER.test(stats)
      ? parseJsonWithNumbersAsText(stats)
      : numbersAsText(JSON.parse(stats));
  } catch {
    return NONE;
  }
  if (!isJsonObject(value)) return NONE;
  const { numRecords, minValues, maxValues, nullCount } = value;
  return {
    rows: parseCount(numRecords),
    min: isJsonObject(minValues) ? minValues : {},
    max: isJsonObject(maxValues) ? maxValues : {},
    nullCount: isJsonObject(nullCount) ? nullCount : {},
  };
}

/** A number of fewer digits and without an exponent is what JavaScript prints of it; reading the texts themselves is ten times slower. */
const LONG_NUMBER = /[\d.]{16}|\d[eE]/;

/** Changes the value it is given. */
function numbersAsText(value: unknown): unknown {
  if (typeof value === "number") return String(value);
  if (typeof value !== "object" || value === null) return value;
  const members = value as Record<string, unknown>;
  for (const name of Object.keys(members)) {
    const member = members[name];
    if (typeof member === "number") members[name] = String(member);
    else if (typeof member === "object") numbersAsText(member);
  }
  return members;
}

/** A count as statistics hold it; undefined where it is no whole number. */
export function parseCount(value: unknown): bigint | undefined {
  return typeof value === "string" && /^\d+$/.test(value) ? BigInt(value) : undefined;
}

const LEADING_ROWS = /^\s*\{\s*"numRecords"\s*:\s*(\d+)\s*[,}]/;

/** Rows of a file without those its deletion vector hides; undefined where the log does not say. */
export function rowCount(file: AddFile): bigint | undefined {
  // Nearly every writer puts the count first, which saves parsing the bounds.
  const leading = LEADING_ROWS.exec(file.stats ?? "")?.[1];
  const physical = leading === undefined ? readStatistics(file).rows : BigInt(leading);
  if (physical === undefined) return undefined;
  return physical - BigInt(file.deletionVector?.cardinality ?? 0);
}
