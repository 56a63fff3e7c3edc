/**
 * The engine alone, as a process: reads a file of orders and writes Parquet as Millrace does, checks nothing and keeps
 * nothing of what it could not read. `raw-process.ts FORMAT FILE TARGET typed|text`.
 */

import { DuckDBInstance } from "@duckdb/node-api";
import { COLUMNS } from "./order.ts";

const [format, file = "", target = "", types] = process.argv.slice(2);
const { MILLRACE_MEMORY_LIMIT: memory = "1GB", MILLRACE_THREADS: threads = "2" } = process.env;

const columns = Object.entries(COLUMNS)
  .map(([name, type]) => `'${name}': '${types === "text" ? "varchar" : type}'`)
  .join(", ");
const reader =
  format === "csv"
    ? `read_csv('${file}', auto_detect=false, header=true, delim=',', quote='"', escape='"', columns={${columns}}, store_rejects=true)`
    : `read_json('${file}', format='newline_delimited', columns={${columns}}, ignore_errors=true)`;

const instance = await DuckDBInstance.create(":memory:", {
  memory_limit: memory,
  threads,
  preserve_insertion_order: "false",
  temp_directory: `${target}-spill`,
});
const connection = await instance.connect();
await connection.run(
  `copy (from ${reader}) to '${target}' (format parquet, compression zstd, compression_level 1)`,
);
instance.closeSync();
