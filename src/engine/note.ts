/**
 * Numbers of single rows, noted by SQL while a statement runs. DuckDB's own log holds them: its function `write_log` has
 * a side effect and is asked for each row, and costs a hundredth of a call into JavaScript.
 */

import type { DuckDBConnection } from "@duckdb/node-api";
import { quoteText } from "../sql/quote.ts";
import type { Notes } from "./engine.ts";
import { engineError } from "./fault.ts";

/** Nothing that DuckDB writes by itself is of this level. */
const LEVEL = "fatal";

/** What the sessions of one instance have written; the log is emptied once nobody has notes open. */
export interface NoteBook {
  open(connection: DuckDBConnection): Promise<Notes>;
}

export function createNoteBook(): NoteBook {
  let isEnabled = false;
  let serial = 0;
  let opened = 0;
  let emptied: Promise<unknown> = Promise.resolve();
  return {
    async open(connection) {
      serial += 1;
      opened += 1;
      const type = `millrace-${serial}`;
      if (!isEnabled) {
        isEnabled = true;
        emptied = connection.run(`call enable_logging(level = ${quoteText(LEVEL)})`);
      }
      await emptied;
      return {
        write: (number) =>
          `(write_log((${number})::varchar, log_type := ${quoteText(type)}, level := ${quoteText(LEVEL)}) is not null)`,
        async read() {
          const text = `select message::double from duckdb_logs where type = ${quoteText(type)} order by 1`;
          try {
            const found = await connection.runAndReadAll(text);
            return Float64Array.from((found.getColumns()[0] ?? []) as number[]);
          } catch (error) {
            throw engineError(error, { text });
          }
        },
        async close() {
          opened -= 1;
          if (opened > 0) return;
          emptied = connection.run("call truncate_duckdb_logs()");
          await emptied;
        },
      };
    },
  };
}
