/** Whether a file can hold a row that satisfies the filters, judged by its partition and statistics. */

import { MillraceError } from "../base/error.ts";
import type { DataType, Field } from "../schema/type.ts";
import type { AddFile } from "./action.ts";
import { type MappingMode, physicalName } from "./column-mapping.ts";
import type { Filter, FilterValue } from "./filter.ts";
import { parseInstant } from "./instant.ts";
import { compareTexts } from "./order.ts";
import { type FileStatistics, parseCount, readStatistics } from "./statistics-text.ts";

/** What is known of a column's values in one file. */
interface Known {
  readonly type: DataType;
  /** No value is smaller. */
  readonly min: string | undefined;
  /** No value is greater. */
  readonly max: string | undefined;
  readonly hasNull: boolean;
  readonly hasValue: boolean;
}

interface Table {
  readonly fields: readonly Field[];
  readonly partitionColumns: readonly string[];
  readonly mode: MappingMode;
}

type MayMatch = (file: AddFile) => boolean;

/** What a value of one partition column must be for its file to hold a matching row. */
export interface PartitionTest {
  /** The column's name in the log. */
  readonly physical: string;
  mayMatch(value: string | null): boolean;
}

/** How far partition values alone choose files. */
export interface PartitionChoice {
  readonly tests: readonly PartitionTest[];
  /** True where some filter is on another column. */
  readonly needsStatistics: boolean;
}

/** What the filters say of partition values. A column the table does not have is `delta/no-such-column`. */
export function partitionChoice(table: Table, filters: readonly Filter[]): PartitionChoice {
  const bound = filters.map((filter) => bind(table, filter));
  const tests = bound
    .filter(({ isPartition }) => isPartition)
    .map(({ filter, field, physical }) => ({
      physical,
      mayMatch: (value: string | null) => mayMatch(filter, partitionOf(value, field)),
    }));
  return { tests, needsStatistics: tests.length < bound.length };
}

/**
 * A test that is false only for files that provably hold no matching row. A column the table does
 * not have is `delta/no-such-column`.
 */
export function fileTest(table: Table, filters: readonly Filter[]): MayMatch {
  const { tests: partitions } = partitionChoice(table, filters);
  const others = filters
    .map((filter) => bind(table, filter))
    .filter(({ isPartition }) => !isPartition);
  return (file) => {
    const passes = partitions.every(({ physical, mayMatch }) =>
      mayMatch(file.partitionValues[physical] ?? null),
    );
    if (!passes || others.length === 0) return passes;
    const statistics = readStatistics(file);
    return others.every(({ filter, field, physical }) =>
      mayMatch(filter, columnOf(statistics, field, physical)),
    );
  };
}

interface BoundFilter {
  readonly filter: Filter;
  readonly field: Field;
  readonly isPartition: boolean;
  readonly physical: string;
}

function bind(table: Table, filter: Filter): BoundFilter {
  const field = findField(table, filter.column);
  const isPartition = table.partitionColumns.includes(field.name);
  return { filter, field, isPartition, physical: physicalName(field, table.mode) };
}

function mayMatch(filter: Filter, known: Known): boolean {
  switch (filter.op) {
    case "is null":
      return known.hasNull;
    case "is not null":
      return known.hasValue;
    case "in":
      return known.hasValue && filter.values.some((value) => mayEqual(known, value));
    case "between":
      return (
        known.hasValue &&
        filter.ranges.some(
          ([low, high]) => mayBeAbove(known, low, true) && mayBeBelow(known, high, true),
        )
      );
    case "=":
      return known.hasValue && mayEqual(known, filter.value);
    case "<":
    case "<=":
      return known.hasValue && mayBeBelow(known, filter.value, filter.op === "<=");
    case ">":
    case ">=":
      // NaN is greater than every number, and some writers leave it out of the largest value.
      return (
        known.hasValue &&
        (isFloating(known.type) || mayBeAbove(known, filter.value, filter.op === ">="))
      );
  }
}

function isFloating(type: DataType): boolean {
  return type === "float" || type === "double";
}

function mayEqual(known: Known, value: FilterValue): boolean {
  return mayBeBelow(known, value, true) && mayBeAbove(known, value, true);
}

function mayBeBelow({ type, min }: Known, value: FilterValue, orEqual: boolean): boolean {
  const order = min === undefined ? undefined : compareTexts(type, min, String(value));
  if (order === undefined) return true;
  // A 32-bit value may lie to either side of the text it was rounded to.
  return order < 0 || (order === 0 && (orEqual || type === "float"));
}

function mayBeAbove({ type, max }: Known, value: FilterValue, orEqual: boolean): boolean {
  const order = max === undefined ? undefined : compareTexts(type, max, String(value));
  if (order === undefined) return true;
  return order > 0 || (order === 0 && (orEqual || type === "float"));
}

/** An empty text is null, as the protocol has it. */
function partitionOf(text: string | null, { type }: Field): Known {
  const value = text || undefined;
  const isNull = value === undefined;
  return { type, min: value, max: value, hasNull: isNull, hasValue: !isNull };
}

function columnOf(statistics: FileStatistics, field: Field, physical: string): Known {
  const nulls = parseCount(statistics.nullCount[physical]);
  const isAllNull = nulls !== undefined && nulls === statistics.rows;
  return {
    type: field.type,
    min: widened(field, textOf(statistics.min[physical]), -1),
    max: widened(field, textOf(statistics.max[physical]), 1),
    hasNull: nulls !== 0n,
    hasValue: !isAllNull,
  };
}

const MILLISECOND = 1_000_000n;
const MINUTE = 60_000n * MILLISECOND;

/**
 * Bounds of other writers are taken no more exactly than they were made: times were cut to the
 * millisecond, offsets of old times to the minute, and where a column was widened to double the
 * texts of older files are those of 32-bit values.
 */
function widened(field: Field, text: string | undefined, direction: -1 | 1): string | undefined {
  if (text === undefined) return undefined;
  switch (field.type) {
    case "double": {
      if (field.metadata?.["delta.typeChanges"] === undefined) return text;
      const value = Number(text);
      return String(direction * Math.max(direction * value, direction * Math.fround(value)));
    }
    case "timestamp":
    case "timestamp_ntz": {
      const instant = parseInstant(text);
      if (instant === undefined) return undefined;
      const slack = instant.hasOffset ? MINUTE : direction === 1 ? MILLISECOND : 0n;
      return renderNanoseconds(instant.nanoseconds + BigInt(direction) * slack);
    }
    default:
      return text;
  }
}

function renderNanoseconds(nanoseconds: bigint): string | undefined {
  const fraction = ((nanoseconds % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  const seconds = (nanoseconds - fraction) / 1_000_000_000n;
  const text = new Date(Number(seconds) * 1000).toISOString();
  if (!/^\d{4}-/.test(text)) return undefined;
  return `${text.slice(0, 19)}.${String(fraction).padStart(9, "0")}Z`;
}

/** Nested objects are the statistics of a struct's fields, not of a value. */
function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : typeof value === "boolean" ? String(value) : undefined;
}

function findField({ fields }: Table, column: string): Field {
  const found =
    fields.find(({ name }) => name === column) ??
    fields.find(({ name }) => name.toLowerCase() === column.toLowerCase());
  if (found !== undefined) return found;
  throw new MillraceError(`The table has no column "${column}" to filter by.`, {
    code: "delta/no-such-column",
    hint: `Its columns are ${fields.map(({ name }) => name).join(", ")}.`,
  });
}
