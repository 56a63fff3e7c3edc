/** Reading the statistics text of a data file. */

import { isJsonObject, parseJsonWithNumbersAsText } from "../base/json.ts";
import type { AddFile } from "./action.ts";

/** Statistics as other writers and we leave them; every number is the text it was written in. */
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
    value = parseJsonWithNumbersAsText(stats);
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
