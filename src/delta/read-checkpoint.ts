/** Reading checkpoints: classic, multi-part, and version 2 with its sidecars. */

import { isJsonObject, parseJson } from "../base/json.ts";
import { quoteText } from "../sql/quote.ts";
import type { Storage } from "../storage/storage.ts";
import { type Actions, emptyActions } from "./action.ts";
import { sidecarName } from "./data-path.ts";
import { type Checkpoint, logFolder } from "./log-files.ts";
import type { ParquetIo } from "./parquet-io.ts";
import { addAction, parseActions, parseFileActions } from "./parse-action.ts";
import type { PartitionChoice, PartitionTest } from "./skip.ts";

interface Access {
  readonly storage: Storage;
  readonly parquet: ParquetIo;
}

/** What a checkpoint says beside its files, and where those are. */
export interface CheckpointHead {
  /** Without file actions, but for those of a JSON part, which is read whole. */
  readonly actions: Actions;
  /** Parquet files that may hold file actions. */
  readonly parts: readonly Part[];
}

interface Part {
  readonly path: string;
  /** What stands in FROM. */
  readonly source: string;
  /** Members of the file actions; none where the part holds no such actions. */
  readonly fields: Readonly<Record<"add" | "remove", readonly string[]>>;
}

const HEAD_KINDS = ["protocol", "metaData", "txn", "domainMetadata", "sidecar"];

/** Fields of a file action that we use; the rest of a checkpoint's columns repeat them in other forms. */
const FILE_FIELDS = [
  "path",
  "partitionValues",
  "size",
  "modificationTime",
  "deletionTimestamp",
  "dataChange",
  "extendedFileMetadata",
  "tags",
  "deletionVector",
  "baseRowId",
  "defaultRowCommitVersion",
  "clusteringProvider",
];

/** Rows of a checkpoint that come as one text: fetched one by one they take five times as long. */
const ROWS_AT_ONCE = 64;
/** Rows that the engine renders at a time. */
const SLICE = 16_384;

/** Reads what is not about files; of a large checkpoint that is a small part. */
export async function readCheckpointHead(
  access: Access,
  folder: string,
  checkpoint: Checkpoint,
): Promise<CheckpointHead> {
  const actions = emptyActions();
  const parts: Part[] = [];
  const read = async (path: string): Promise<void> => {
    const part = await readHeadPart(access, path, actions);
    if (part !== undefined) parts.push(part);
  };
  for (const { path } of checkpoint.files) await read(path);
  for (const { path } of actions.sidecars.splice(0)) {
    await read(`${logFolder(folder)}/_sidecars/${sidecarName(path)}`);
  }
  return { actions, parts };
}

/**
 * All actions of the checkpoint. With a choice by partition values the removes are left out, the
 * adds that do not pass, and statistics that nobody needs; a JSON part is there whole all the same.
 */
export async function readCheckpointFiles(
  { parquet }: Pick<Access, "parquet">,
  { actions, parts }: CheckpointHead,
  choice?: PartitionChoice,
): Promise<Actions> {
  const all = { ...actions, adds: [...actions.adds], removes: [...actions.removes] };
  for (const part of parts) {
    if (part.fields.add.length > 0)
      await readFileActions(parquet, part, { kind: "add", choice, into: all });
    if (choice === undefined && part.fields.remove.length > 0) {
      await readFileActions(parquet, part, { kind: "remove", choice, into: all });
    }
  }
  return all;
}

/** Undefined where the part is JSON and read already. */
async function readHeadPart(
  { storage, parquet }: Access,
  path: string,
  into: Actions,
): Promise<Part | undefined> {
  if (path.endsWith(".json")) {
    merge(into, parseActions(new TextDecoder().decode(await storage.read(path)), path));
    return undefined;
  }
  const source = `read_parquet(${quoteText(await storage.localPath(path))}, hive_partitioning = false)`;
  const columns = await columnsOf(parquet, `SELECT * FROM ${source}`);
  const kinds = HEAD_KINDS.filter((name) => columns.includes(name));
  const fields = {
    add: columns.includes("add")
      ? await columnsOf(parquet, `SELECT unnest("add") FROM ${source}`)
      : [],
    remove: columns.includes("remove")
      ? await columnsOf(parquet, `SELECT unnest("remove") FROM ${source}`)
      : [],
  };
  if (kinds.length > 0) {
    const bodies = kinds.map((kind) => `CAST(to_json("${kind}") AS VARCHAR) AS "${kind}"`);
    const present = kinds.map((kind) => `"${kind}" IS NOT NULL`);
    // Nearly all rows are adds, which one small column tells; a row holds one action.
    const isNoAdd = fields.add.includes("dataChange") ? '"add".dataChange IS NULL AND ' : "";
    const rows = await parquet.rows(
      `SELECT ${bodies.join(", ")} FROM ${source} WHERE ${isNoAdd}(${present.join(" OR ")})`,
    );
    for (const row of rows) {
      for (const kind of kinds) {
        const text = row[kind];
        const body = typeof text === "string" ? parseJson(text) : undefined;
        if (isJsonObject(body)) addAction(into, kind, body, () => path);
      }
    }
  }
  return { path, source, fields };
}

interface Want {
  readonly kind: "add" | "remove";
  readonly choice: PartitionChoice | undefined;
  readonly into: Actions;
}

async function readFileActions(parquet: ParquetIo, part: Part, want: Want): Promise<void> {
  const { path, source, fields } = part;
  const { kind, choice, into } = want;
  const held = fields[kind];
  const conditions =
    choice !== undefined && held.includes("partitionValues")
      ? [
          [
            `"${kind}".path IS NOT NULL`,
            ...(await conditionsOf(parquet, source, choice.tests)),
          ].join(" AND "),
        ]
      : slices(await countRows(parquet, source)).map(
          (slice) => `"${kind}" IS NOT NULL AND ${slice}`,
        );
  const members = membersOf(kind, held, choice?.needsStatistics ?? true);
  for (const condition of conditions) {
    const rows = await parquet.rows(
      `SELECT '[' || string_agg(CAST(to_json(struct_pack(${members})) AS VARCHAR), ',') || ']' AS bodies FROM ${source} WHERE ${condition} GROUP BY file_row_number // ${ROWS_AT_ONCE}`,
    );
    for (const { bodies } of rows) parseFileActions(String(bodies), kind, into, () => path);
  }
}

/** The rows of a large checkpoint in pieces, so that the engine holds one at a time. */
function slices(rows: number): string[] {
  const starts = Array.from({ length: Math.ceil(rows / SLICE) }, (_, index) => index * SLICE);
  return starts.map((start) => `file_row_number BETWEEN ${start} AND ${start + SLICE - 1}`);
}

async function countRows(parquet: ParquetIo, source: string): Promise<number> {
  const [row] = await parquet.rows(`SELECT count(*) AS count FROM ${source}`);
  return Number(row?.count ?? 0);
}

/** Conditions on the partition values, which are decided here for each value that there is. */
async function conditionsOf(
  parquet: ParquetIo,
  source: string,
  tests: readonly PartitionTest[],
): Promise<string[]> {
  const conditions: string[] = [];
  for (const { physical, mayMatch } of tests) {
    const value = `"add".partitionValues[${quoteText(physical)}]`;
    const found = await parquet.rows(
      `SELECT DISTINCT ${value} AS value FROM ${source} WHERE "add".path IS NOT NULL`,
    );
    const values = found.map((row) => (typeof row.value === "string" ? row.value : null));
    const passing = values.filter(mayMatch);
    const texts = passing.filter((one) => one !== null).map(quoteText);
    const named = texts.length === 0 ? "false" : `${value} IN (${texts.join(", ")})`;
    conditions.push(passing.includes(null) ? `(${named} OR ${value} IS NULL)` : named);
  }
  return conditions;
}

/** The members of the struct that is read; where statistics are kept only as a struct, from that struct. */
function membersOf(
  kind: "add" | "remove",
  held: readonly string[],
  needsStatistics: boolean,
): string {
  const members = FILE_FIELDS.filter((name) => held.includes(name)).map(
    (name) => `"${name}" := "${kind}"."${name}"`,
  );
  if (kind === "add" && needsStatistics) {
    const texts = [
      ...(held.includes("stats") ? ['"add"."stats"'] : []),
      ...(held.includes("stats_parsed") ? ['CAST(to_json("add"."stats_parsed") AS VARCHAR)'] : []),
    ];
    if (texts.length > 0) members.push(`"stats" := coalesce(${texts.join(", ")})`);
  }
  return members.join(", ");
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
