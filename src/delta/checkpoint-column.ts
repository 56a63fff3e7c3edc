/** The columns of a checkpoint, as the protocol's checkpoint schema names them, in the engine's types. */

import { quoteName, quoteText } from "../sql/quote.ts";
import type { ParsedColumns } from "./parsed-value.ts";

const TEXTS = "MAP(VARCHAR, VARCHAR)";
const VECTOR =
  'STRUCT("storageType" VARCHAR, "pathOrInlineDv" VARCHAR, "offset" INTEGER, "sizeInBytes" INTEGER, "cardinality" BIGINT)';

/** What the columns of `add` depend on, beside the protocol. */
export interface CheckpointForm {
  /** False where the table wants no statistics as text. */
  readonly hasTextStatistics: boolean;
  readonly parsed: ParsedColumns | undefined;
}

type Members = Readonly<Record<string, string>>;

const ADD: Members = {
  path: "VARCHAR",
  partitionValues: TEXTS,
  size: "BIGINT",
  modificationTime: "BIGINT",
  dataChange: "BOOLEAN",
  tags: TEXTS,
  deletionVector: VECTOR,
  baseRowId: "BIGINT",
  defaultRowCommitVersion: "BIGINT",
  clusteringProvider: "VARCHAR",
};

const REMOVE: Members = {
  path: "VARCHAR",
  deletionTimestamp: "BIGINT",
  dataChange: "BOOLEAN",
  extendedFileMetadata: "BOOLEAN",
  partitionValues: TEXTS,
  size: "BIGINT",
  deletionVector: VECTOR,
  baseRowId: "BIGINT",
  defaultRowCommitVersion: "BIGINT",
};

const NON_FILE: Readonly<Record<string, Members>> = {
  txn: { appId: "VARCHAR", version: "BIGINT", lastUpdated: "BIGINT" },
  metaData: {
    id: "VARCHAR",
    name: "VARCHAR",
    description: "VARCHAR",
    format: struct({ provider: "VARCHAR", options: TEXTS }),
    schemaString: "VARCHAR",
    partitionColumns: "VARCHAR[]",
    configuration: TEXTS,
    createdTime: "BIGINT",
  },
  protocol: {
    minReaderVersion: "INTEGER",
    minWriterVersion: "INTEGER",
    readerFeatures: "VARCHAR[]",
    writerFeatures: "VARCHAR[]",
  },
  domainMetadata: { domain: "VARCHAR", configuration: "VARCHAR", removed: "BOOLEAN" },
};

const VERSION_2: Readonly<Record<string, Members>> = {
  checkpointMetadata: { version: "BIGINT", tags: TEXTS },
  sidecar: { path: "VARCHAR", sizeInBytes: "BIGINT", modificationTime: "BIGINT", tags: TEXTS },
};

/** A query that reads the actions in `file`, JSON lines, as the rows of a checkpoint, or of its sidecar. */
export function checkpointQuery(
  file: string,
  form: CheckpointForm,
  kind: "classic" | "version 2" | "sidecar",
): string {
  const columns: Readonly<Record<string, Members>> = {
    add: addMembers(form, "text"),
    remove: REMOVE,
    ...(kind === "sidecar" ? {} : NON_FILE),
    ...(kind === "version 2" ? VERSION_2 : {}),
  };
  const declared = Object.entries(columns).map(
    ([name, members]) => `${quoteText(name)}: ${quoteText(struct(members))}`,
  );
  const list = Object.keys(columns).map((name) =>
    name === "add" ? `${addValue(form)} AS "add"` : quoteName(name),
  );
  return `SELECT ${list.join(", ")} FROM read_json(${quoteText(file)}, format = 'newline_delimited', columns = {${declared.join(", ")}})`;
}

function addMembers({ hasTextStatistics, parsed }: CheckpointForm, as: "text" | "typed"): Members {
  return {
    ...ADD,
    ...(hasTextStatistics ? { stats: "VARCHAR" } : {}),
    ...(parsed === undefined ? {} : { stats_parsed: parsed.statistics[as] }),
    ...(parsed?.partitionValues === undefined
      ? {}
      : { partitionValues_parsed: parsed.partitionValues[as] }),
  };
}

/** A value that is none of its type, as other writers may have left one, becomes null. */
function addValue(form: CheckpointForm): string {
  return form.parsed === undefined
    ? '"add"'
    : `TRY_CAST("add" AS ${struct(addMembers(form, "typed"))})`;
}

function struct(members: Members): string {
  const list = Object.entries(members).map(([name, type]) => `${quoteName(name)} ${type}`);
  return `STRUCT(${list.join(", ")})`;
}
