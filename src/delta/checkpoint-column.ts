/** The columns of a checkpoint, as the protocol's checkpoint schema names them, in the engine's types. */

const TEXTS = "MAP(VARCHAR, VARCHAR)";
const VECTOR =
  'STRUCT("storageType" VARCHAR, "pathOrInlineDv" VARCHAR, "offset" INTEGER, "sizeInBytes" INTEGER, "cardinality" BIGINT)';

export const CHECKPOINT_COLUMNS: readonly { readonly name: string; readonly type: string }[] = [
  { name: "checkpointMetadata", type: struct({ version: "BIGINT" }) },
  { name: "txn", type: struct({ appId: "VARCHAR", version: "BIGINT", lastUpdated: "BIGINT" }) },
  {
    name: "add",
    type: struct({
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
      stats: "VARCHAR",
    }),
  },
  {
    name: "remove",
    type: struct({
      path: "VARCHAR",
      deletionTimestamp: "BIGINT",
      dataChange: "BOOLEAN",
      extendedFileMetadata: "BOOLEAN",
      partitionValues: TEXTS,
      size: "BIGINT",
      deletionVector: VECTOR,
      baseRowId: "BIGINT",
      defaultRowCommitVersion: "BIGINT",
    }),
  },
  {
    name: "metaData",
    type: struct({
      id: "VARCHAR",
      name: "VARCHAR",
      description: "VARCHAR",
      format: struct({ provider: "VARCHAR", options: TEXTS }),
      schemaString: "VARCHAR",
      partitionColumns: "VARCHAR[]",
      configuration: TEXTS,
      createdTime: "BIGINT",
    }),
  },
  {
    name: "protocol",
    type: struct({
      minReaderVersion: "INTEGER",
      minWriterVersion: "INTEGER",
      readerFeatures: "VARCHAR[]",
      writerFeatures: "VARCHAR[]",
    }),
  },
  {
    name: "domainMetadata",
    type: struct({ domain: "VARCHAR", configuration: "VARCHAR", removed: "BOOLEAN" }),
  },
];

function struct(fields: Readonly<Record<string, string>>): string {
  const members = Object.entries(fields).map(([name, type]) => `"${name}" ${type}`);
  return `STRUCT(${members.join(", ")})`;
}
