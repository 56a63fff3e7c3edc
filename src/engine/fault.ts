/** What went wrong inside DuckDB, as the error a user reads. */

import { MillraceError, messageOf } from "../base/error.ts";

/** Where in the SQL text the engine points: line and column count from 1, the offset in characters from 0. */
interface SqlPlace {
  readonly offset: number;
  readonly line: number;
  readonly column: number;
}

/** What the engine said of a statement, in its own words, for callers that know which file the SQL came from. */
export interface SqlFault {
  /** `Parser`, `Binder`, `Catalog`, `Conversion` and so on. */
  readonly kind: string;
  readonly message: string;
  readonly place: SqlPlace | undefined;
}

/** The SQL that a caller knows, and at which byte it begins in the statement that ran. */
export interface Statement {
  readonly text: string;
  readonly start?: number;
}

/** Maps an error that the driver threw while it ran the statement; any other error is returned as it is. */
export function engineError(error: unknown, statement: Statement): unknown {
  if (!(error instanceof Error) || error instanceof MillraceError) return error;
  const { kind, message, position } = reportOf(error);
  const cause = error;
  if (isDiskFull(message)) return diskFull(message, cause);
  switch (kind) {
    case "Out of Memory":
      return new MillraceError(`The engine ran out of memory: ${message.split("\n")[0]}`, {
        code: "engine/out-of-memory",
        hint: "Raise the engine's memory limit, or let the query hold less at once: fewer columns, no lists of whole tables.",
        cause,
      });
    case "INTERRUPT":
      return new MillraceError("The statement was interrupted before its end.", {
        code: "engine/interrupted",
        cause,
      });
    case "IO":
    case "HTTP":
      return ioError(message, cause);
    case "INTERNAL":
    case "FATAL":
      return new Error(`Bug: the engine failed inside itself: ${message}`, { cause });
    default:
      if (isDamagedFile(message)) return damagedFile(message, cause);
      return sqlError({ kind, message, place: placeAt(statement, position) }, statement, cause);
  }
}

/** Failures that say nothing about what was read. */
const OTHERS: ReadonlySet<string> = new Set([
  "engine/interrupted",
  "engine/out-of-memory",
  "engine/disk-full",
]);

/** True where what the statement read, or its SQL, made it fail, and not the machine or a person. */
export function isUnreadable(error: unknown): error is MillraceError {
  return (
    error instanceof MillraceError && error.code.startsWith("engine/") && !OTHERS.has(error.code)
  );
}

/** What the engine said, for an `engine/sql` error; undefined for every other. */
export function sqlFaultOf(error: unknown): SqlFault | undefined {
  return error instanceof MillraceError ? FAULTS.get(error) : undefined;
}

/** Kept beside the errors: the one error class has no room for a place. */
const FAULTS = new WeakMap<MillraceError, SqlFault>();

interface Report {
  readonly kind: string;
  readonly message: string;
  /** In bytes of the UTF-8 text that ran. */
  readonly position: number | undefined;
}

/** Errors are asked for as JSON; where one is not, the words before the first colon name the kind. */
function reportOf(error: Error): Report {
  const text = messageOf(error);
  const named = /^(?<kind>[A-Za-z ]+?) Error: (?<message>.*)$/s.exec(text)?.groups;
  const plain = {
    kind: named?.kind ?? "Unknown",
    message: named?.message ?? text,
    position: undefined,
  };
  const brace = text.indexOf("{");
  if (brace < 0) return plain;
  try {
    const parsed: unknown = JSON.parse(text.slice(brace));
    if (typeof parsed !== "object" || parsed === null || !("exception_type" in parsed))
      return plain;
    return {
      kind: String(parsed.exception_type),
      message: "exception_message" in parsed ? String(parsed.exception_message) : text,
      position: "position" in parsed ? Number(parsed.position) : undefined,
    };
  } catch {
    return plain;
  }
}

function isDiskFull(message: string): boolean {
  return /no space left|disk quota|max_temp_directory_size/i.test(message);
}

function diskFull(message: string, cause: Error): MillraceError {
  return new MillraceError(`The disk is full: ${message}`, {
    code: "engine/disk-full",
    hint: "Free space where the engine spills and where the table lies, then run again.",
    retryable: true,
    cause,
  });
}

function isDamagedFile(message: string): boolean {
  return /no magic bytes|too small to be a parquet|corrupt|TProtocolException|footer length/i.test(
    message,
  );
}

function damagedFile(message: string, cause: Error): MillraceError {
  return new MillraceError(`A file is not the Parquet file it should be: ${message}`, {
    code: "engine/file-damaged",
    hint: "Restore the file from a copy, or take it out of the table.",
    cause,
  });
}

function ioError(message: string, cause: Error): MillraceError {
  if (/no files found|no such file|does not exist/i.test(message)) {
    return new MillraceError(`A file or folder is not there: ${message}`, {
      code: "engine/file-missing",
      hint: "If it belongs to a table, it was removed behind the table's back, or vacuumed since that version was made.",
      cause,
    });
  }
  return new MillraceError(`The engine could not read or write: ${message}`, {
    code: "engine/io",
    cause,
  });
}

function sqlError(fault: SqlFault, statement: Statement, cause: Error): MillraceError {
  const { kind, message, place } = fault;
  const at = place === undefined ? "" : ` (line ${place.line}, column ${place.column})`;
  const line = place === undefined ? "" : (statement.text.split("\n")[place.line - 1] ?? "");
  // Generated SQL stands on one long line that helps nobody.
  const shown = line === "" || line.length > 200 ? "" : `\n  ${line.trim()}`;
  const error = new MillraceError(`${kind} error in SQL${at}: ${message}${shown}`, {
    code: "engine/sql",
    cause,
  });
  FAULTS.set(error, fault);
  return error;
}

/** The engine counts bytes of what ran; undefined where it points outside the caller's text. */
function placeAt({ text, start = 0 }: Statement, position = -1): SqlPlace | undefined {
  const bytes = Buffer.from(text);
  const offset = position - start;
  if (!(offset >= 0 && offset <= bytes.length)) return undefined;
  const before = bytes.subarray(0, offset).toString();
  const lineStart = before.lastIndexOf("\n") + 1;
  return {
    offset: before.length,
    line: before.split("\n").length,
    column: before.length - lineStart + 1,
  };
}
