/** The first look at a checkpoint: whether it holds what a version begins with, and which sidecars it needs. */

import { isJsonObject, parseJson } from "../base/json.ts";
import { quoteText } from "../sql/quote.ts";
import type { Storage } from "../storage/storage.ts";
import { sidecarName } from "./data-path.ts";
import type { Checkpoint } from "./log-files.ts";
import type { ParquetIo } from "./parquet-io.ts";

export interface CheckpointHead {
  /** True where protocol and metadata are there. */
  readonly isComplete: boolean;
  /** Names of sidecars in their folder. */
  readonly sidecars: readonly string[];
}

/** Throws where a file of the checkpoint cannot be read. */
export async function lookAtCheckpoint(
  access: { readonly storage: Storage; readonly parquet: ParquetIo },
  { files }: Checkpoint,
): Promise<CheckpointHead> {
  const parts = [];
  for (const { path } of files) {
    parts.push(path.endsWith(".json") ? await ofJson(access, path) : await ofParquet(access, path));
  }
  return {
    isComplete: parts.some((part) => part.hasProtocol) && parts.some((part) => part.hasMetadata),
    sidecars: parts.flatMap((part) => part.sidecars),
  };
}

interface PartHead {
  readonly hasProtocol: boolean;
  readonly hasMetadata: boolean;
  readonly sidecars: readonly string[];
}

async function ofJson({ storage }: { readonly storage: Storage }, path: string): Promise<PartHead> {
  const text = new TextDecoder().decode(await storage.read(path));
  const actions = text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map(parseJson)
    .filter(isJsonObject);
  return {
    hasProtocol: actions.some(({ protocol }) => isJsonObject(protocol)),
    hasMetadata: actions.some(({ metaData }) => isJsonObject(metaData)),
    sidecars: actions.flatMap(({ sidecar }) =>
      isJsonObject(sidecar) && typeof sidecar.path === "string" ? [sidecarName(sidecar.path)] : [],
    ),
  };
}

async function ofParquet(
  { storage, parquet }: { readonly storage: Storage; readonly parquet: ParquetIo },
  path: string,
): Promise<PartHead> {
  const file = `read_parquet(${quoteText(await storage.localPath(path))}, hive_partitioning = false)`;
  const described = await parquet.rows(`SELECT column_name FROM (DESCRIBE SELECT * FROM ${file})`);
  const columns = described.map((row) => String(row.column_name));
  const has = (name: string) => (columns.includes(name) ? `"${name}" IS NOT NULL` : "false");
  const rows = await parquet.rows(
    `SELECT ${has("protocol")} AS protocol, ${has("metaData")} AS metadata, ${columns.includes("sidecar") ? '"sidecar".path' : "NULL"} AS sidecar FROM ${file} WHERE ${["protocol", "metaData", "sidecar"].map(has).join(" OR ")}`,
  );
  return {
    hasProtocol: rows.some((row) => row.protocol === true),
    hasMetadata: rows.some((row) => row.metadata === true),
    sidecars: rows.flatMap((row) =>
      typeof row.sidecar === "string" ? [sidecarName(row.sidecar)] : [],
    ),
  };
}
