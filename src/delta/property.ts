/** Table properties that begin with `delta.`: which there are, which values they take, and which we do not write. */

import { MillraceError } from "../base/error.ts";
import { nearestWord } from "../base/suggest.ts";
import { parseColumnList } from "./column-list.ts";

export type Configuration = Readonly<Record<string, string>>;

export const CONSTRAINT_PREFIX = "delta.constraints.";
export const FEATURE_PREFIX = "delta.feature.";

interface Kind {
  /** In words, for the hint. */
  readonly allowed: string;
  accepts(value: string): boolean;
}

const flag = oneOf("true", "false");
const count = matching(/^\d{1,18}$/, "a whole number");
const positive = matching(/^0*[1-9]\d{0,8}$/, "a whole number from 1 on");
const interval = matching(
  /^(interval\s+)?(\d+(\.\d+)?\s+(millisecond|second|minute|hour|day|week)s?\s*)+$/i,
  "a span of time such as interval 7 days",
);

/** As Delta's reference implementation names and checks them. */
const KNOWN: Readonly<Record<string, Kind>> = {
  "delta.appendOnly": flag,
  "delta.autoOptimize": flag,
  "delta.autoOptimize.autoCompact": oneOf("true", "false", "auto", "legacy"),
  "delta.autoOptimize.optimizeWrite": flag,
  "delta.checkpoint.writeStatsAsJson": flag,
  "delta.checkpoint.writeStatsAsStruct": flag,
  "delta.checkpointInterval": positive,
  "delta.checkpointPolicy": oneOf("classic", "v2"),
  "delta.checkpointRetentionDuration": interval,
  "delta.columnMapping.maxColumnId": count,
  "delta.columnMapping.mode": oneOf("none", "name", "id"),
  "delta.dataSkippingNumIndexedCols": matching(/^(-1|\d{1,9})$/, "a whole number, or -1 for all"),
  "delta.dataSkippingStatsColumns": {
    allowed: "names of columns with commas between them, in backticks where they are not plain",
    accepts: (value) => parseColumnList(value) !== undefined,
  },
  "delta.deletedFileRetentionDuration": interval,
  "delta.enableChangeDataFeed": flag,
  "delta.enableDeletionVectors": flag,
  "delta.enableExpiredLogCleanup": flag,
  "delta.enableFullRetentionRollback": flag,
  "delta.enableInCommitTimestamps": flag,
  "delta.enableTypeWidening": flag,
  "delta.inCommitTimestampEnablementTimestamp": count,
  "delta.inCommitTimestampEnablementVersion": count,
  "delta.isolationLevel": oneOf("Serializable"),
  "delta.logRetentionDuration": interval,
  "delta.parquet.compression.codec": oneOf(
    ...["none", "uncompressed", "snappy", "gzip", "lz4_raw", "zstd"],
  ),
  "delta.parquet.format.version": matching(/^(1\.0\.0|2\.\d+\.\d+)$/, "1.0.0 or 2.x.x"),
  "delta.randomizeFilePrefixes": flag,
  "delta.randomPrefixLength": positive,
  "delta.sampleRetentionDuration": interval,
  "delta.setTransactionRetentionDuration": interval,
  "delta.targetFileSize": matching(/^\d+\s*([kmgt]?b)?$/i, "a size such as 128mb"),
  "delta.tuneFileSizesForRewrites": flag,
};

/** Properties that bring duties we do not fulfil; they may be set to `false`. */
const REFUSED: Readonly<Record<string, string>> = {
  "delta.compatibility.symlinkFormatManifest.enabled": "manifests for other readers",
  "delta.enableIcebergCompatV1": "Iceberg compatibility",
  "delta.enableIcebergCompatV2": "Iceberg compatibility",
  "delta.enableIcebergCompatV3": "Iceberg compatibility",
  "delta.enableMaterializePartitionColumnsFeature": "partition columns inside the files",
  "delta.enableRowTracking": "row tracking",
  "delta.enableVariantShredding": "shredded variants",
  "delta.requireCheckpointProtectionBeforeVersion": "protected checkpoints",
  "delta.rowTrackingSuspended": "row tracking",
  "delta.universalFormat.enabledFormats": "other table formats beside the log",
};

/** True where the property is on; other writers write `TRUE` too. */
export function isOn(configuration: Configuration, key: string): boolean {
  return configuration[key]?.toLowerCase() === "true";
}

/**
 * Throws `delta/bad-property` for a property that we cannot honour, or whose value is none of its
 * own. Names that begin with `delta.` belong to the format, so one that nobody knows is a slip and
 * is refused, as the reference implementation does; all other names are free.
 */
export function checkProperties(configuration: Configuration): void {
  for (const [key, value] of Object.entries(configuration)) {
    if (key.toLowerCase().startsWith("delta.")) checkProperty(key, value);
  }
}

function checkProperty(key: string, value: string): void {
  if (key.startsWith(CONSTRAINT_PREFIX)) return;
  if (key.startsWith(FEATURE_PREFIX)) {
    if (value === "supported" || value === "enabled") return;
    throw wrongValue(key, value, "supported");
  }
  const what = Object.hasOwn(REFUSED, key) ? REFUSED[key] : undefined;
  if (what !== undefined) {
    if (value === "false") return;
    throw bad(
      `The property ${key} asks for ${what}, which Millrace does not write.`,
      "Leave the property out.",
    );
  }
  const kind = Object.hasOwn(KNOWN, key) ? KNOWN[key] : undefined;
  if (kind === undefined) throw unknownKey(key);
  if (!kind.accepts(value)) throw wrongValue(key, value, kind.allowed);
}

function unknownKey(key: string): MillraceError {
  if (key === "delta.minReaderVersion" || key === "delta.minWriterVersion") {
    return bad(
      `The property ${key} would set the table's protocol by hand.`,
      "Leave it out: the protocol follows from the columns and the other properties.",
    );
  }
  const nearest = nearestWord(key, Object.keys(KNOWN));
  return bad(
    `The table property ${key} is none of Delta's.`,
    nearest === undefined
      ? "Names that begin with delta. belong to the format; choose another for a property of your own."
      : `Did you mean ${nearest}?`,
  );
}

function wrongValue(key: string, value: string, allowed: string): MillraceError {
  return bad(`The table property ${key} is "${value}".`, `It takes ${allowed}.`);
}

function bad(message: string, hint: string): MillraceError {
  return new MillraceError(message, { code: "delta/bad-property", hint });
}

function oneOf(...values: readonly string[]): Kind {
  return { allowed: values.join(" or "), accepts: (value) => values.includes(value) };
}

function matching(pattern: RegExp, allowed: string): Kind {
  return { allowed, accepts: (value) => pattern.test(value.trim()) };
}
