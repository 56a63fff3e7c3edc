/** Conditions on columns, as data, by which files can be passed over. */

import type { Field } from "../schema/type.ts";

export type FilterValue = string | number | bigint | boolean;

/**
 * Values are as an engine gives cells: numbers, bigint, decimals and dates as text, instants as
 * text with `Z`. A row where the column is null satisfies only `is null`.
 */
export type Filter =
  | {
      readonly column: string;
      readonly op: "=" | "<" | "<=" | ">" | ">=";
      readonly value: FilterValue;
    }
  | { readonly column: string; readonly op: "in"; readonly values: readonly FilterValue[] }
  | {
      readonly column: string;
      /** In at least one of the ranges, whose ends belong to them. */
      readonly op: "between";
      readonly ranges: readonly (readonly [FilterValue, FilterValue])[];
    }
  | { readonly column: string; readonly op: "is null" | "is not null" };

/** Filters, or what they are for the columns that the table turns out to have. */
export type Filters = readonly Filter[] | ((fields: readonly Field[]) => readonly Filter[]);

export function filtersFor(filters: Filters, fields: readonly Field[]): readonly Filter[] {
  return typeof filters === "function" ? filters(fields) : filters;
}
