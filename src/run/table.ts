/** Everything that the log of a table says about one version of it, as data. */

import { isJsonObject, parseJson } from "../base/json.ts";
import { mappingMode, physicalName } from "../delta/column-mapping.ts";
import { listLog } from "../delta/log-files.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import { renderType } from "../schema/evolution.ts";
import type { DataType, Field } from "../schema/type.ts";
import { readHistory, type TableVersion } from "./history.ts";
import type { OpenedTable } from "./table-place.ts";

export interface ColumnReport {
  readonly name: string;
  /** With everything inside: `array<struct<a: long>>`. */
  readonly type: string;
  readonly nullable: boolean;
  readonly comment?: string;
  /** In data files, where the table maps columns. */
  readonly physical_name?: string;
  readonly field_id?: number;
  /** The rest of what the log says of it, such as generated values and defaults. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Fields of a struct, `element` of a list, `key` and `value` of a map. */
  readonly fields?: readonly ColumnReport[];
}

export interface TableReport {
  readonly table: string;
  readonly uri: string;
  readonly id: string;
  readonly name: string | null;
  readonly description: string | null;
  readonly version: number;
  readonly changed: Date;
  readonly created: Date | null;
  /** Null where a writer left the counts out. */
  readonly rows: bigint | null;
  readonly files: number;
  readonly size: number;
  /** Files with rows that are marked as deleted, and how many rows those are. */
  readonly deletion_vectors: { readonly files: number; readonly rows: bigint };
  readonly protocol: {
    readonly reader: number;
    readonly writer: number;
    readonly reader_features: readonly string[];
    readonly writer_features: readonly string[];
  };
  readonly columns: readonly ColumnReport[];
  readonly partitioned_by: readonly string[];
  readonly clustered_by: readonly string[];
  readonly properties: Readonly<Record<string, string>>;
  readonly constraints: readonly { readonly name: string; readonly expression: string }[];
  readonly checkpoints: readonly {
    readonly version: number;
    readonly files: number;
    readonly size: number;
  }[];
  /** Commits that are still there. */
  readonly commits: {
    readonly count: number;
    readonly first: number;
    readonly last: number;
  } | null;
  readonly transactions: readonly {
    readonly application: string;
    readonly version: bigint;
    readonly updated: Date | null;
  }[];
  readonly domains: readonly { readonly domain: string; readonly configuration: unknown }[];
  /** Newest first. */
  readonly history: readonly TableVersion[];
}

const CONSTRAINT = "delta.constraints.";

/** `history` is how many versions are told. */
export async function readTable(
  opened: OpenedTable,
  { history }: { readonly history: number },
): Promise<TableReport> {
  const { snapshot, delta, name, uri } = opened;
  const { metadata, protocol, state, folder } = snapshot;
  const { commits, checkpoints } = await listLog(delta.storage, folder);
  const properties = Object.entries(metadata.configuration).toSorted(([a], [b]) =>
    a < b ? -1 : 1,
  );
  const vectors = snapshot.files.flatMap(({ deletionVector: one }) => (one ? [one] : []));
  const [first, last] = [commits[0], commits.at(-1)];
  return {
    table: name,
    uri,
    id: metadata.id,
    name: metadata.name ?? null,
    description: metadata.description ?? null,
    version: snapshot.version,
    changed: snapshot.timestamp,
    created: timeOf(metadata.createdTime),
    rows: snapshot.rows ?? null,
    files: snapshot.files.length,
    size: snapshot.sizeBytes,
    deletion_vectors: {
      files: vectors.length,
      rows: vectors.reduce((sum, { cardinality }) => sum + BigInt(cardinality), 0n),
    },
    protocol: {
      reader: protocol.minReaderVersion,
      writer: protocol.minWriterVersion,
      reader_features: protocol.readerFeatures ?? [],
      writer_features: protocol.writerFeatures ?? [],
    },
    columns: columnsOf(snapshot),
    partitioned_by: metadata.partitionColumns,
    clustered_by: clusteringOf(snapshot),
    properties: Object.fromEntries(properties.filter(([key]) => !key.startsWith(CONSTRAINT))),
    constraints: properties
      .filter(([key]) => key.startsWith(CONSTRAINT))
      .map(([key, expression]) => ({ name: key.slice(CONSTRAINT.length), expression })),
    checkpoints: checkpoints.map(({ version, files }) => ({
      version,
      files: files.length,
      size: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    })),
    commits:
      first === undefined || last === undefined
        ? null
        : { count: commits.length, first: first.version, last: last.version },
    transactions: [...state.transactions.values()].map(({ appId, version, lastUpdated }) => ({
      application: appId,
      version,
      updated: timeOf(lastUpdated),
    })),
    domains: [...state.domains.values()].map(({ domain, configuration }) => ({
      domain,
      configuration: parsed(configuration),
    })),
    history: await readHistory(opened, { limit: history }),
  };
}

/** The features that a table is under, each once. */
export function featuresOf({ protocol }: TableReport): string[] {
  return [...new Set([...protocol.reader_features, ...protocol.writer_features])].toSorted();
}

function columnsOf({ metadata, protocol }: Snapshot): ColumnReport[] {
  const mode = mappingMode(protocol, metadata.configuration);
  const ofField = (field: Inner): ColumnReport => {
    const { comment, ...metadata } = field.metadata ?? {};
    const id = metadata["delta.columnMapping.id"];
    const rest = Object.entries(metadata).filter(
      ([key]) => !key.startsWith("delta.columnMapping."),
    );
    const fields = fieldsIn(field.type).map(ofField);
    return {
      name: field.name,
      type: renderType(field.type),
      nullable: field.nullable,
      ...(typeof comment === "string" ? { comment } : {}),
      ...(mode === "none" || field.isMember === true
        ? {}
        : { physical_name: physicalName(field, mode) }),
      ...(mode === "none" || id === undefined ? {} : { field_id: Number(id) }),
      ...(rest.length === 0 ? {} : { metadata: Object.fromEntries(rest) }),
      ...(fields.length === 0 ? {} : { fields }),
    };
  };
  return metadata.fields.map(ofField);
}

/** A member stands in a list or a map and has no name of its own in files. */
type Inner = Field & { readonly isMember?: boolean };

function fieldsIn(type: DataType): readonly Inner[] {
  if (typeof type === "string" || type.kind === "decimal") return [];
  if (type.kind === "struct") return type.fields;
  const member = (name: string, of: DataType, nullable: boolean): Inner => ({
    name,
    type: of,
    nullable,
    isMember: true,
  });
  if (type.kind === "array") return [member("element", type.element, type.containsNull)];
  return [member("key", type.key, false), member("value", type.value, type.valueContainsNull)];
}

/** The columns of liquid clustering, which are told as lists of physical names. */
function clusteringOf({ state, metadata, protocol }: Snapshot): string[] {
  const text = state.domains.get("delta.clustering")?.configuration;
  const found = text === undefined ? undefined : parsed(text);
  const columns = isJsonObject(found) ? found.clusteringColumns : undefined;
  if (!Array.isArray(columns)) return [];
  const mode = mappingMode(protocol, metadata.configuration);
  return columns.map((path) => {
    let fields: readonly Field[] = metadata.fields;
    const names = (Array.isArray(path) ? path : [path]).map((part: unknown) => {
      const field = fields.find((one) => physicalName(one, mode) === part);
      fields = field === undefined ? [] : fieldsIn(field.type);
      return field?.name ?? String(part);
    });
    return names.join(".");
  });
}

function parsed(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}

function timeOf(ms: number | undefined): Date | null {
  return ms === undefined ? null : new Date(ms);
}
