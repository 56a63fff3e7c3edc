/**
 * Rows that JavaScript lays out in bulk, as a relation: a table function copies them into DuckDB's own vectors, a chunk
 * at a time. A longer text lies outside of its vector, where a pointer of `duckdb_string_t` (duckdb.h) leads: all of a
 * column are handed over as one text, and where DuckDB put it tells where each of them stands.
 */

import {
  BIGINT,
  BOOLEAN,
  DATE,
  DECIMAL,
  DOUBLE,
  type DuckDBConnection,
  type DuckDBDataChunk,
  DuckDBTableFunction,
  type DuckDBType,
  INTEGER,
  TIMESTAMP,
  VARCHAR,
} from "@duckdb/node-api";
import duckdb, { type Vector } from "@duckdb/node-bindings";
import {
  type ChunkColumn,
  type RowChunk,
  SHORT_TEXT_BYTES,
  TEXT_BYTES,
} from "../schema/row-chunk.ts";
import type { DataType } from "../schema/type.ts";
import type { Feed, FeedInput } from "./engine.ts";

/** The feeds of one instance; the function that reads them is registered once. */
export interface FeedBook {
  open(connection: DuckDBConnection, input: FeedInput): Feed;
  /** How far the feed is that was opened with the connection and is not closed; undefined without one. */
  fraction(connection: DuckDBConnection): number | undefined;
}

const FUNCTION = "millrace_feed";
/** As many as DuckDB has. */
const MOST_THREADS = 1024;
const NO_TEXT = new ArrayBuffer(TEXT_BYTES);

export function createFeedBook(): FeedBook {
  const feeds = new Map<number, FeedInput>();
  const running = new Map<DuckDBConnection, FeedInput>();
  let serial = 0;
  return {
    open(connection, input) {
      if (serial === 0) connection.registerTableFunction(feedFunction(feeds));
      serial += 1;
      const id = serial;
      feeds.set(id, input);
      running.set(connection, input);
      return {
        relation: `${FUNCTION}(${id})`,
        close() {
          feeds.delete(id);
          if (running.get(connection) === input) running.delete(connection);
        },
      };
    },
    fraction: (connection) => running.get(connection)?.fraction?.(),
  };
}

interface Scan {
  readonly input: FeedInput;
  threads: number;
}

function feedFunction(feeds: ReadonlyMap<number, FeedInput>): DuckDBTableFunction {
  return DuckDBTableFunction.create({
    name: FUNCTION,
    parameterTypes: [INTEGER],
    bindFunction(info) {
      const input = feeds.get(Number(info.getParameter(0)));
      if (input === undefined) return info.setError("Bug: there is no such feed");
      for (const { name, type } of input.fields) info.addResultColumn(name, duckdbTypeOf(type));
      info.setBindData({ input, threads: 0 } satisfies Scan);
    },
    initFunction: (info) => info.setMaxThreads(MOST_THREADS),
    localInitFunction(info) {
      const scan = info.getBindData() as Scan;
      info.setInitData({ thread: scan.threads });
      scan.threads += 1;
    },
    mainFunction(info, output) {
      const { input } = info.getBindData() as Scan;
      const { thread } = info.getLocalInitData() as { thread: number };
      writeChunk(output, input.next(thread));
    },
  });
}

function writeChunk({ chunk: target }: DuckDBDataChunk, chunk: RowChunk | undefined): void {
  duckdb.data_chunk_set_size(target, chunk?.rows ?? 0);
  if (chunk === undefined) return;
  for (const [index, column] of chunk.columns.entries())
    writeColumn(duckdb.data_chunk_get_vector(target, index), column, chunk.rows);
}

function writeColumn(vector: Vector, { values, validity, texts }: ChunkColumn, rows: number): void {
  if (texts !== undefined) placeTexts(values, rows, addressOf(vector, texts));
  duckdb.copy_data_to_vector(
    vector,
    0,
    values.buffer as ArrayBuffer,
    values.byteOffset,
    values.byteLength,
  );
  if (validity === undefined) return;
  duckdb.vector_ensure_validity_writable(vector);
  duckdb.copy_data_to_vector_validity(
    vector,
    0,
    validity.buffer as ArrayBuffer,
    validity.byteOffset,
    validity.byteLength,
  );
}

/** Where the engine keeps a copy of the bytes, as long as the vector lives; too long to stand in the vector itself. */
function addressOf(vector: Vector, texts: Uint8Array): bigint {
  duckdb.copy_data_to_vector(vector, 0, NO_TEXT, 0, TEXT_BYTES);
  duckdb.vector_assign_string_element_len(vector, 0, texts);
  const first = duckdb.vector_get_data(vector, TEXT_BYTES);
  const written = new DataView(first.buffer, first.byteOffset, TEXT_BYTES);
  // What is no UTF-8 is not taken, as where the file changed since it was looked into.
  if (written.getUint32(0, true) !== texts.length) throw new Error("a text is not UTF-8");
  return written.getBigUint64(TEXT_BYTES / 2, true);
}

/** Makes pointers of the places of longer texts. */
function placeTexts(values: Uint8Array, rows: number, address: bigint): void {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.byteLength / 4);
  const low = Number(address & 0xffff_ffffn);
  const high = Number(address >> 32n);
  for (let at = 0; at < 4 * rows; at += 4) {
    if ((words[at] ?? 0) <= SHORT_TEXT_BYTES) continue;
    const place = (words[at + 2] ?? 0) + low;
    words[at + 2] = place;
    words[at + 3] = place > 0xffff_ffff ? high + 1 : high;
  }
}

function duckdbTypeOf(type: DataType): DuckDBType {
  switch (type) {
    case "string":
      return VARCHAR;
    case "long":
      return BIGINT;
    case "integer":
      return INTEGER;
    case "double":
      return DOUBLE;
    case "boolean":
      return BOOLEAN;
    case "date":
      return DATE;
    case "timestamp_ntz":
      return TIMESTAMP;
    default:
      if (typeof type === "object" && type.kind === "decimal" && type.precision <= 18)
        return DECIMAL(type.precision, type.scale);
      throw new Error(`Bug: rows in bulk cannot hold ${JSON.stringify(type)}`);
  }
}
