/** What is wrong with a data file: what the log says of it that its rows do not. */

import { isJsonObject, type JsonObject, parseJsonWithNumbersAsText } from "../../src/base/json.ts";
import { decodePath, inFolder, isAbsolutePath } from "../../src/delta/data-path.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { physicalName } from "../../src/engine/mapping.ts";
import { duckdbType } from "../../src/engine/type.ts";
import type { TableFiles } from "../../src/schema/table-files.ts";
import type { DataType, Field } from "../../src/schema/type.ts";
import { quoteName, quoteText } from "../../src/sql/quote.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { isMissing, type Log } from "./log.ts";

export interface Table {
  readonly storage: Storage;
  readonly engine: Engine;
  readonly folder: string;
  readonly log: Log;
  readonly fields: readonly Field[];
  readonly partitionColumns: readonly string[];
  readonly mapping: TableFiles["mapping"];
}

export async function lintFile(table: Table, add: JsonObject): Promise<string[]> {
  const path = decodePath(String(add.path));
  const found = lintPartition(table, add);
  // A file that another table owns is not for us to judge.
  if (isAbsolutePath(path)) return found;
  const stored = table.log.files.get(path);
  if (stored === undefined) return [...found, "it is gone"];
  if (stored.sizeBytes !== Number(add.size)) {
    found.push(`it has ${stored.sizeBytes} bytes and the log says ${String(add.size)}`);
  }
  if (typeof add.stats !== "string") return found;
  const statistics = parseJsonWithNumbersAsText(add.stats);
  if (!isJsonObject(statistics)) return [...found, `its statistics are no object: ${add.stats}`];
  return [...found, ...(await lintStatistics(table, add, statistics))];
}

async function lintStatistics(
  { storage, engine, folder, fields, mapping }: Table,
  add: JsonObject,
  statistics: JsonObject,
): Promise<string[]> {
  const local = await storage.localPath(inFolder(folder, decodePath(String(add.path))));
  const source = `read_parquet(${quoteText(local)}, hive_partitioning = false)`;
  const held = await engine.rows(
    `SELECT column_name AS name FROM (DESCRIBE SELECT * FROM ${source})`,
  );
  const names = new Set(held.map(({ name }) => String(name)));
  const leaves = leavesOf(fields, mapping).filter(({ path: [first = ""] }) => names.has(first));
  const claims = [countClaim(statistics), ...leaves.flatMap((leaf) => claimsOf(leaf, statistics))];
  const list = claims.map(({ isFalse }, index) => `${isFalse} AS c${index}`).join(", ");
  const [row] = await engine.rows(`SELECT ${list} FROM ${source}`);
  return claims.flatMap(({ what }, index) => (row?.[`c${index}`] === true ? [what] : []));
}

interface Claim {
  /** What is wrong where the claim is. */
  readonly what: string;
  /** An aggregate that is true where the claim is false. */
  readonly isFalse: string;
}

function countClaim({ numRecords }: JsonObject): Claim {
  if (isMissing(numRecords)) return { what: "it does not count its rows", isFalse: "true" };
  return { what: `it does not hold ${numRecords} rows`, isFalse: `count(*) <> ${numRecords}` };
}

function claimsOf({ path, type }: Leaf, statistics: JsonObject): Claim[] {
  const [first = "", ...inner] = path;
  const column = inner.reduce(
    (at, name) => `struct_extract(${at}, ${quoteText(name)})`,
    quoteName(first),
  );
  const name = path.join(".");
  const claims: Claim[] = [];
  const nulls = memberOf(statistics.nullCount, path);
  if (typeof nulls === "string") {
    const isTight = statistics.tightBounds !== false;
    const compared = isTight ? "<>" : ">";
    claims.push({
      what: `${name} is not null in ${nulls} rows`,
      isFalse: `count(*) FILTER (${column} IS NULL) ${compared} ${nulls}`,
    });
  }
  for (const [kind, wrong] of [
    ["minValues", "<"],
    ["maxValues", ">"],
  ] as const) {
    const bound = memberOf(statistics[kind], path);
    if (typeof bound !== "string" && typeof bound !== "boolean") continue;
    const literal = `CAST(${quoteText(String(bound))} AS ${type})`;
    claims.push({
      what: `${name} lies beyond ${kind} ${bound}`,
      isFalse: `coalesce(bool_or(${column} ${wrong} ${literal}), false)`,
    });
  }
  return claims;
}

function lintPartition({ fields, partitionColumns, mapping }: Table, add: JsonObject): string[] {
  const names = fields
    .filter(({ name }) => partitionColumns.includes(name))
    .map((field) => physicalName(field, mapping));
  const values = isJsonObject(add.partitionValues) ? add.partitionValues : {};
  const found = Object.keys(values).toSorted();
  return found.join("\0") === names.toSorted().join("\0")
    ? []
    : [
        `it has partition values of (${found.join(", ")}) in a table partitioned by (${names.join(", ")})`,
      ];
}

interface Leaf {
  /** Physical names. */
  readonly path: readonly string[];
  /** As the engine names it. */
  readonly type: string;
}

function leavesOf(fields: readonly Field[], mapping: Table["mapping"]): Leaf[] {
  return fields.flatMap((field) => {
    const name = physicalName(field, mapping);
    if (isStruct(field.type)) {
      return leavesOf(field.type.fields, mapping).map((leaf) => ({
        ...leaf,
        path: [name, ...leaf.path],
      }));
    }
    return field.type === "void" ? [] : [{ path: [name], type: duckdbType(field.type) }];
  });
}

function isStruct(type: DataType): type is Extract<DataType, { kind: "struct" }> {
  return typeof type !== "string" && type.kind === "struct";
}

function memberOf(tree: unknown, path: readonly string[]): unknown {
  return path.reduce((at, name) => (isJsonObject(at) ? at[name] : undefined), tree);
}
