/** What the sieve is told of each column. */

import { TEXT_BYTES } from "../../schema/row-chunk.ts";
import type { Automaton } from "../pattern/automaton.ts";

/** What a value must surely be; of a text nothing is asked. */
export type SieveKind =
  | { readonly kind: "text" | "integer" | "bigint" | "float" | "boolean" | "date" | "timestamp" }
  | { readonly kind: "decimal"; readonly precision: number; readonly scale: number };

/** What is asked of a value beside its kind; null holds all of it. */
export interface SieveLimits {
  /** The least and the largest: doubles of a float, else as a chunk of rows holds them, which 64 bits can do. */
  readonly range?: readonly [number, number] | readonly [bigint, bigint] | undefined;
  /** Accepts the bytes of a text. */
  readonly automaton?: Automaton | undefined;
}

export interface SieveColumn extends SieveLimits {
  readonly is: SieveKind;
  /** True where it may be empty, null or left out. */
  readonly optional: boolean;
  /** As a member of a JSON object; of CSV the order tells. */
  readonly name: string;
  /** False where only its place counts, as between two columns of CSV. */
  readonly isRead: boolean;
}

const WIDTHS = { integer: 4, bigint: 8, float: 8, boolean: 1, date: 4, timestamp: 8 } as const;

/** How many bytes each value takes in a chunk: `TEXT_BYTES` of what stays a text, and is converted by SQL. */
export function widthOf({ is, isRead }: Pick<SieveColumn, "is" | "isRead">): number {
  if (!isRead) return 0;
  if (is.kind === "text") return TEXT_BYTES;
  if (is.kind !== "decimal") return WIDTHS[is.kind];
  const { precision } = is;
  if (precision <= 4) return 2;
  if (precision <= 9) return 4;
  return precision <= 18 ? 8 : TEXT_BYTES;
}
