/** Reading checkpoints: classic, multi-part, and version 2 with its sidecars. */

import { isJsonObject, parseJson } from "../base/json.ts";
import { quoteText } from "../sql/quote.ts";
import type { Storage } from "../storage/storage.ts";
import { type Actions, emptyActions } from "./action.ts";
import { isAbsolutePath } from "./data-path.ts";
import { type Checkpoint, logFolder } from "./log-files.ts";
import type { ParquetIo } from "./parquet-io.ts";
import { addAction, parseActions } from "./parse-action.ts";

interface Access {
  readonly storage: Storage;
  readonly parquet: ParquetIo;
}

const KINDS = ["protocol", "metaData", "txn", "domainMetadata", "add", "remove", "sidecar"];

/** Fields of `add` that we use; the rest of a checkpoint's columns repeat them in other forms. */
const ADD_FIELDS = [
  "path",
  "partitionValues",
  "size",
  "modificationTime",
  "dataChange",
  "stats",
  "tags",
  "deletionVector",
  "baseRowId",
  "defaultRowCommitVersion",
  "clusteringProvider",
];

/** All actions of a checkpoint. */
export async function readCheckpoint(
  access: Access,
  folder: string,
  checkpoint: Checkpoint,
): Promise<Actions> {
  const actions = emptyActions();
  for (const { path } of checkpoint.files) await readPart(access, path, actions);
  const sidecars = actions.sidecars.splice(0);
  for (const { path } of sidecars) {
    const absolute = isAbsolutePath(path);
    await readPart(access, absolute ? path : `${logFolder(folder)}/_sidecars/${path}`, actions);
  }
  return actions;
}

async function readPart({ storage, parquet }: Access, path: string, into: Actions): Promise<void> {
  if (path.endsWith(".json")) {
    const text = new TextDecoder().decode(await storage.read(path));
    merge(into, parseActions(text, path));
    return;
  }
  const file = `read_parquet(${quoteText(await storage.localPath(path))}, hive_partitioning = false)`;
  const columns = await columnsOf(parquet, `SELECT * FROM ${file}`);
  for (const kind of KINDS.filter((name) => columns.includes(name))) {
    const body = kind === "add" ? await addBody(parquet, file) : `to_json("${kind}")`;
    const rows = await parquet.rows(
      `SELECT CAST(${body} AS VARCHAR) AS body FROM ${file} WHERE "${kind}" IS NOT NULL`,
    );
    for (const row of rows) {
      const value = typeof row.body === "string" ? parseJson(row.body) : undefined;
      if (isJsonObject(value)) addAction(into, kind, value, path);
    }
  }
}

/** The expression that renders an add; where its statistics are kept only as a struct, from that struct. */
async function addBody(parquet: ParquetIo, file: string): Promise<string> {
  const held = await columnsOf(parquet, `SELECT unnest("add") FROM ${file}`);
  const hasStruct = held.includes("stats_parsed");
  const members = ADD_FIELDS.filter(
    (name) => held.includes(name) && !(hasStruct && name === "stats"),
  ).map((name) => `"${name}" := "add"."${name}"`);
  if (hasStruct) {
    const text = held.includes("stats") ? `"add"."stats", ` : "";
    members.push(`"stats" := coalesce(${text}CAST(to_json("add"."stats_parsed") AS VARCHAR))`);
  }
  return `to_json(struct_pack(${members.join(", ")}))`;
}

async function columnsOf(parquet: ParquetIo, query: string): Promise<string[]> {
  const rows = await parquet.rows(`SELECT column_name FROM (DESCRIBE ${query})`);
  return rows.map((row) => String(row.column_name));
}

function merge(into: Actions, from: Actions): void {
  if (from.protocol !== undefined) into.protocol = from.protocol;
  if (from.metadata !== undefined) into.metadata = from.metadata;
  into.transactions.push(...from.transactions);
  into.domains.push(...from.domains);
  into.sidecars.push(...from.sidecars);
  for (const file of from.adds) into.adds.push(file);
  for (const file of from.removes) into.removes.push(file);
}
