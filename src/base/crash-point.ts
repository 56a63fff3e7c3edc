/** The named instants at which a test may kill the process: every step between reading a row and being done with it. */

export const CRASH_POINTS = [
  "storage/temp-file-written",
  "storage/linked",
  "storage/adopted",
  "delta/before-commit",
  "delta/committed",
  "delta/checkpoint-written",
  "delta/last-checkpoint-written",
  "ingest/files-chosen",
  "ingest/data-written",
  "ingest/rejects-written",
  "ingest/files-adopted",
  "ingest/committed",
  "ingest/quarantine-followed",
  "ingest/loads-followed",
  "replay/committed",
  "transform/written",
  "transform/committed",
  "publish/written",
  "publish/renamed",
  "publish/recorded",
  "run/steps-done",
  "run/recorded",
] as const;

/** Those that only changes of single rows pass. */
export const ROW_CRASH_POINTS = [
  "delta/files-adopted",
  "delta/vectors-written",
  "operation/changes-staged",
  "operation/rows-written",
  "operation/change-data-written",
] as const;

/** Those that only tables pass that keep rows for some time. */
export const KEEP_CRASH_POINTS = ["keep/rows-deleted", "keep/files-removed"] as const;

/** Those of looking after a table. */
export const MAINTENANCE_CRASH_POINTS = [
  "delta/sidecars-written",
  "delta/log-file-removed",
  "optimize/written",
  "optimize/adopted",
  "vacuum/started",
  "vacuum/file-removed",
] as const;

export const EVERY_CRASH_POINT = [
  ...CRASH_POINTS,
  ...ROW_CRASH_POINTS,
  ...KEEP_CRASH_POINTS,
  ...MAINTENANCE_CRASH_POINTS,
] as const;

export type CrashPoint = (typeof EVERY_CRASH_POINT)[number];

/** Called at each point; does nothing outside tests. */
export type Crash = (point: CrashPoint) => void;

export const noCrash: Crash = () => {};
