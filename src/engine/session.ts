/** One connection to DuckDB, and the instance that several of them share. */

import { rmSync } from "node:fs";
import { type DuckDBConnection, DuckDBInstance, type DuckDBResult } from "@duckdb/node-api";
import { quoteText } from "../sql/quote.ts";
import { type CellReader, cellReader } from "./cell.ts";
import { columnsOf, fieldsOf } from "./column.ts";
import type { Engine, Progress, Row } from "./engine.ts";
import { engineError } from "./fault.ts";
import { createFeedBook, type FeedBook } from "./feed.ts";
import { createNoteBook, type NoteBook } from "./note.ts";
import { writeParquet } from "./parquet.ts";
import { emptyFile, relationOf } from "./relation.ts";

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

/** Opens the instance and its first session; closing that one closes all, and removes the temporary folder. */
export async function openSession(settings: Settings): Promise<Engine> {
  const instance = await DuckDBInstance.create(":memory:", configOf(settings));
  const sessions = new Set<Engine>();
  const shared: Shared = {
    instance,
    tempFolder: settings.tempFolder,
    sessions,
    notes: createNoteBook(),
    feeds: createFeedBook(),
    disposed: () => {
      if (sessions.size > 0) return;
      instance.closeSync();
      rmSync(settings.tempFolder, { recursive: true, force: true });
    },
  };
  const first = await connect(shared);
  await first.run(`COPY (SELECT 1 WHERE false) TO ${quoteText(emptyFile(settings.tempFolder))}`);
  return {
    ...first,
    close: () => {
      for (const session of [...sessions]) session.close();
    },
  };
}

/** What the sessions of one instance have in common. */
interface Shared {
  readonly instance: DuckDBInstance;
  readonly tempFolder: string;
  readonly sessions: Set<Engine>;
  readonly notes: NoteBook;
  readonly feeds: FeedBook;
  /** Called after a session has gone from the set. */
  disposed(): void;
}

function configOf({ memoryLimit, threads, tempFolder, preserveOrder }: Settings) {
  return {
    // Nothing is fetched, and nothing is left in the home folder.
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
    allow_persistent_secrets: "false",
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

const INTERRUPT_EVERY_MS = 20;
const CLOSED = "Bug: the engine was used after it was closed.";

async function connect(shared: Shared): Promise<Engine> {
  const connection = await shared.instance.connect();
  for (const setting of SESSION_SETTINGS) await connection.run(setting);
  let running = 0;
  let closed = false;
  let interrupting: NodeJS.Timeout | undefined;

  /** Repeated until no statement runs: one that is still being prepared does not notice. */
  const interrupt = () => {
    if (running === 0) return;
    connection.interrupt();
    clearInterval(interrupting);
    interrupting = setInterval(() => connection.interrupt(), INTERRUPT_EVERY_MS).unref();
  };
  const dispose = () => {
    connection.disconnectSync();
    shared.sessions.delete(session);
    shared.disposed();
  };
  const begin = () => {
    if (closed) throw new Error(CLOSED);
    running += 1;
  };
  /** Statements that still run when the session is closed are interrupted, and the last one disposes of it. */
  const end = () => {
    running -= 1;
    if (running > 0) return;
    clearInterval(interrupting);
    if (closed) dispose();
  };
  const guarded = async <T>(text: string, act: () => Promise<T>): Promise<T> => {
    begin();
    try {
      return await act();
    } catch (error) {
      throw engineError(error, { text });
    } finally {
      end();
    }
  };

  const session: Engine = {
    name: "duckdb",
    capabilities: { dialect: "duckdb", localFiles: true },
    run: async (statement) => {
      await guarded(statement, () => connection.run(statement));
    },
    rows: (query) =>
      guarded(query, async () => {
        const all: Row[] = [];
        const next = rowReader(await connection.run(query));
        for (let rows = await next(); rows.length > 0; rows = await next()) {
          for (const row of rows) all.push(row);
        }
        return all;
      }),
    stream: async function* (query) {
      // Counted as one statement from its first row to its last, also between the pieces.
      begin();
      try {
        await guarded(query, () => connection.run("begin"));
        const next = rowReader(await guarded(query, () => connection.stream(query)));
        for (let rows = await guarded(query, next); rows.length > 0; ) {
          yield rows;
          rows = await guarded(query, next);
        }
        // The driver ends a stream that fails after its first rows as if it were complete; the transaction
        // around it is broken then, which every further statement says.
        await guarded(query, () => connection.run("select 1"));
      } finally {
        await connection.run("commit").catch(() => connection.run("rollback").catch(() => {}));
        end();
      }
    },
    describe: (query) =>
      guarded(query, async () => {
        const { names, types } = await columnsOf(connection, query);
        return fieldsOf(names, types);
      }),
    relation: (files, options) => relationOf(files, shared.tempFolder, options),
    write: (query, options) => guarded(query, () => writeParquet(connection, query, options)),
    openFeed: (input) => shared.feeds.open(connection, input),
    openNotes: () => guarded("notes", () => shared.notes.open(connection)),
    interrupt,
    progress: () => {
      if (closed) return { fraction: undefined, rows: 0n };
      const { fraction, rows } = progressOf(connection);
      // Of what a feed brings, DuckDB knows no end.
      return { fraction: shared.feeds.fraction(connection) ?? fraction, rows };
    },
    session: async () => {
      if (closed) throw new Error(CLOSED);
      return connect(shared);
    },
    close: () => {
      if (closed) return;
      closed = true;
      if (running === 0) dispose();
      else interrupt();
    },
  };
  shared.sessions.add(session);
  return session;
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
