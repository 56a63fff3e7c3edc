/** Actions as the text of commits and checkpoints. */

import { renderJson } from "../base/json.ts";
import type {
  AddFile,
  ChangeFile,
  DomainMetadata,
  MetadataAction,
  Protocol,
  RemoveFile,
  Transaction,
} from "./action.ts";

/** `metaData` as the log writes it. */
export function metadataBody(metadata: MetadataAction): Record<string, unknown> {
  const { id, name, description, schemaString, partitionColumns, configuration, createdTime } =
    metadata;
  return {
    id,
    name,
    description,
    format: { provider: "parquet", options: {} },
    schemaString,
    partitionColumns,
    configuration,
    createdTime,
  };
}

export interface CommitContent {
  readonly info: Readonly<Record<string, unknown>>;
  readonly protocol?: Protocol | undefined;
  readonly metadata?: MetadataAction | undefined;
  readonly transactions: readonly Transaction[];
  readonly domains: readonly DomainMetadata[];
  readonly removes: readonly RemoveFile[];
  readonly adds: readonly AddFile[];
  readonly changeData: readonly ChangeFile[];
}

/** One commit's lines; `commitInfo` comes first, where in-commit timestamps must stand. */
export function renderCommit(content: CommitContent): Uint8Array {
  const lines: unknown[] = [
    { commitInfo: content.info },
    ...(content.protocol === undefined ? [] : [{ protocol: content.protocol }]),
    ...(content.metadata === undefined ? [] : [{ metaData: metadataBody(content.metadata) }]),
    ...content.transactions.map((txn) => ({ txn })),
    ...content.domains.map((domainMetadata) => ({ domainMetadata })),
    ...content.removes.map((remove) => ({ remove })),
    ...content.adds.map((add) => ({ add })),
    ...content.changeData.map((file) => ({ cdc: { ...file, dataChange: false } })),
  ];
  return new TextEncoder().encode(`${lines.map(renderJson).join("\n")}\n`);
}
