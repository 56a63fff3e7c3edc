/** One connection to DuckDB, and the instance that several of them share. */

import { rmSync } from "node:fs";
import { type DuckDBConnection, DuckDBInstance, type DuckDBResult } from "@duckdb/node-api";
import { type CellReader, cellReader } from "./cell.ts";
import { columnsOf, fieldsOf } from "./column.ts";
import type { Engine, Progress, Row } from "./engine.ts";
import { engineError } from "./fault.ts";
import { writeParquet } from "./parquet.ts";
import { relationOf } from "./relation.ts";

export interface DuckDBOptions {
  /** As DuckDB writes it (`4GB`); its own default is 80 % of the machine. */
  readonly memoryLimit?: string;
  readonly threads?: number;
  /** An existing folder in which what does not fit in memory goes; the system's own by default. */
  readonly tempFolder?: string;
  /** Keeps the order of files and rows through a query, at the price of memory. */
  readonly preserveOrder?: boolean;
}

type Settings = DuckDBOptions & { readonly tempFolder: string };

/** Opens the instance and its first session, which owns both instance and temporary folder. */
export async function openSession(settings: Settings): Promise<Engine> {
  const instance = await DuckDBInstance.create(":memory:", configOf(settings));
  const open = new Set<DuckDBConnection>();

  const connect = async (close: (connection: DuckDBConnection) => void): Promise<Engine> => {
    const connection = await instance.connect();
    open.add(connection);
    for (const setting of SESSION_SETTINGS) await connection.run(setting);
    return sessionOf(connection, {
      tempFolder: settings.tempFolder,
      session: () => connect(disconnect),
      close: () => close(connection),
    });
  };
  const disconnect = (connection: DuckDBConnection) => {
    if (!open.delete(connection)) return;
    connection.interrupt();
    connection.disconnectSync();
  };
  return connect(() => {
    if (open.size === 0) return;
    for (const connection of open) disconnect(connection);
    instance.closeSync();
    rmSync(settings.tempFolder, { recursive: true, force: true });
  });
}

function configOf({ memoryLimit, threads, tempFolder, preserveOrder }: Settings) {
  return {
    // Nothing is fetched, and nothing is read from or left in the home folder.
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
    allow_persistent_secrets: "false",
    home_directory: tempFolder,
    extension_directory: tempFolder,
    secret_directory: tempFolder,
    temp_directory: tempFolder,
    preserve_insertion_order: String(preserveOrder ?? false),
    ...(memoryLimit === undefined ? {} : { memory_limit: memoryLimit }),
    ...(threads === undefined ? {} : { threads: String(threads) }),
  };
}

const SESSION_SETTINGS = [
  "SET TimeZone = 'UTC'",
  "SET errors_as_json = true",
  "SET enable_progress_bar = true",
  "SET enable_progress_bar_print = false",
  "SET progress_bar_time = 0",
];

interface Owner {
  readonly tempFolder: string;
  session(): Promise<Engine>;
  close(): void;
}

function sessionOf(connection: DuckDBConnection, owner: Owner): Engine {
  const guarded = async <T>(statement: string, act: () => Promise<T>): Promise<T> => {
    try {
      return await act();
    } catch (error) {
      throw engineError(error, statement);
    }
  };
  const stream = async function* (query: string): AsyncGenerator<Row[]> {
    const result = await guarded(query, () => connection.stream(query));
    const readRows = rowReader(result);
    while (true) {
      const rows = await guarded(query, () => readRows());
      if (rows.length === 0) return;
      yield rows;
    }
  };
  return {
    name: "duckdb",
    capabilities: { dialect: "duckdb", localFiles: true },
    run: async (statement) => {
      await guarded(statement, () => connection.run(statement));
    },
    rows: (query) =>
      guarded(query, async () => {
        const readRows = rowReader(await connection.run(query));
        const all: Row[] = [];
        for (let rows = await readRows(); rows.length > 0; rows = await readRows()) {
          for (const row of rows) all.push(row);
        }
        return all;
      }),
    stream,
    describe: (query) =>
      guarded(query, async () => {
        const columns = await columnsOf(connection, query);
        return fieldsOf(columns.names, columns.types);
      }),
    relation: (files) => relationOf(files, owner.tempFolder),
    write: (query, options) => guarded(query, () => writeParquet(connection, query, options)),
    interrupt: () => connection.interrupt(),
    progress: () => progressOf(connection),
    session: owner.session,
    close: owner.close,
  };
}

/** Gives the rows of the next chunk; none at the end. */
function rowReader(result: DuckDBResult): () => Promise<Row[]> {
  const names = result.deduplicatedColumnNames();
  const readers: CellReader[] = result.columnTypes().map(cellReader);
  return async () => {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return [];
    const columns = readers.map((read, index) => chunk.getColumnValues(index).map(read));
    return Array.from({ length: chunk.rowCount }, (_, row) =>
      Object.fromEntries(names.map((name, column) => [name, columns[column]?.[row] ?? null])),
    );
  };
}

function progressOf(connection: DuckDBConnection): Progress {
  const { percentage, rows_processed } = connection.progress;
  return { fraction: percentage < 0 ? undefined : percentage / 100, rows: rows_processed };
}
