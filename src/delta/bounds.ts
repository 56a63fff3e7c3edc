/** The two ends of a column's values. */

/** As they stand in the log's JSON. */
export interface Bounds {
  readonly min: unknown;
  readonly max: unknown;
}
