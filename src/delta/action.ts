/** The actions a Delta log is made of. */

import { fileKey } from "./data-path.ts";

export interface Protocol {
  readonly minReaderVersion: number;
  readonly minWriterVersion: number;
  /** Present from reader version 3 on. */
  readonly readerFeatures?: readonly string[];
  /** Present from writer version 7 on. */
  readonly writerFeatures?: readonly string[];
}

/** `metaData` as the log holds it, its schema still text: only the newest one is ever parsed. */
export interface MetadataAction {
  readonly id: string;
  readonly name?: string;
  readonly description?: string;
  readonly schemaString: string;
  readonly partitionColumns: readonly string[];
  readonly configuration: Readonly<Record<string, string>>;
  readonly createdTime?: number;
}

export interface DeletionVector {
  /** `u`: file beside the data, `p`: absolute path, `i`: inline. */
  readonly storageType: string;
  readonly pathOrInlineDv: string;
  readonly offset?: number;
  readonly sizeInBytes: number;
  readonly cardinality: bigint | number;
}

export interface AddFile {
  /** As the log writes it: URI-encoded, relative to the table or absolute. */
  readonly path: string;
  /** By physical column name. */
  readonly partitionValues: Readonly<Record<string, string | null>>;
  readonly size: number;
  readonly modificationTime: number;
  readonly dataChange: boolean;
  /** JSON text. */
  readonly stats?: string;
  readonly tags?: Readonly<Record<string, string | null>>;
  readonly deletionVector?: DeletionVector;
  readonly baseRowId?: bigint | number;
  readonly defaultRowCommitVersion?: bigint | number;
  readonly clusteringProvider?: string;
}

export interface RemoveFile {
  readonly path: string;
  readonly deletionTimestamp?: number;
  readonly dataChange: boolean;
  readonly extendedFileMetadata?: boolean;
  readonly partitionValues?: Readonly<Record<string, string | null>>;
  readonly size?: number;
  readonly deletionVector?: DeletionVector;
  readonly baseRowId?: bigint | number;
  readonly defaultRowCommitVersion?: bigint | number;
}

/** `cdc`: rows that a version changed, for readers of the change feed alone. */
export interface ChangeFile {
  readonly path: string;
  readonly partitionValues: Readonly<Record<string, string | null>>;
  readonly size: number;
}

export interface Transaction {
  readonly appId: string;
  readonly version: bigint;
  readonly lastUpdated?: number;
}

export interface DomainMetadata {
  readonly domain: string;
  readonly configuration: string;
  readonly removed: boolean;
}

interface Sidecar {
  /** File name in `_sidecars`, or an absolute URI. */
  readonly path: string;
}

/** What one commit or checkpoint holds, by kind: the order of actions within it means nothing. */
export interface Actions {
  protocol?: Protocol;
  metadata?: MetadataAction;
  /** `commitInfo`, as found. */
  info?: Readonly<Record<string, unknown>>;
  readonly transactions: Transaction[];
  readonly domains: DomainMetadata[];
  readonly adds: AddFile[];
  readonly removes: RemoveFile[];
  readonly sidecars: Sidecar[];
  readonly changeData: ChangeFile[];
}

export function emptyActions(): Actions {
  return { transactions: [], domains: [], adds: [], removes: [], sidecars: [], changeData: [] };
}

/** What a file action is about: the same file with another deletion vector is another file. */
export function keyOf(file: AddFile | RemoveFile): string {
  const vector = file.deletionVector;
  return fileKey(file.path, vector === undefined ? "" : vectorId(vector));
}

function vectorId({ storageType, pathOrInlineDv, offset }: DeletionVector): string {
  return `${storageType}${pathOrInlineDv}${offset === undefined ? "" : `@${offset}`}`;
}
