/** What went wrong inside DuckDB, as the error a user reads. */

import { MillraceError, messageOf } from "../base/error.ts";

/** Where in the SQL text the engine points: line and column count from 1, the offset in characters from 0. */
export interface SqlPlace {
  readonly offset: number;
  readonly line: number;
  readonly column: number;
}

interface Report {
  readonly kind: string;
  readonly message: string;
  /** In bytes of the statement's UTF-8 text. */
  readonly position: number | undefined;
}

/** Maps an error that the driver threw while it ran this statement; any other error is returned as it is. */
export function engineError(error: unknown, statement: string): unknown {
  if (!(error instanceof Error) || error instanceof MillraceError) return error;
  const { kind, message, position } = reportOf(error);
  const cause = error;
  switch (kind) {
    case "Out of Memory":
      return new MillraceError(`The engine ran out of memory: ${message}`, {
        code: "engine/out-of-memory",
        hint: "Raise the engine's memory limit, or let the query keep less at once: fewer columns, no wide aggregate of lists.",
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
    default:
      return sqlError({ kind, message, position }, statement, cause);
  }
}

/** The place an `engine/sql` error points to, or undefined where the engine gave none. */
export function sqlPlaceOf(error: unknown): SqlPlace | undefined {
  return error instanceof MillraceError ? PLACES.get(error) : undefined;
}

/** Kept beside the errors: the one error class has no room for a place. */
const PLACES = new WeakMap<MillraceError, SqlPlace>();

function reportOf(error: Error): Report {
  const text = messageOf(error);
  const brace = text.indexOf("{");
  if (brace >= 0) {
    try {
      const parsed: unknown = JSON.parse(text.slice(brace));
      if (typeof parsed === "object" && parsed !== null && "exception_type" in parsed) {
        const message = "exception_message" in parsed ? String(parsed.exception_message) : text;
        const position = "position" in parsed ? Number(parsed.position) : undefined;
        return { kind: String(parsed.exception_type), message, position };
      }
    } catch {
      // Not the engine's JSON: the words before the first colon name the kind.
    }
  }
  const named = /^(?<kind>[A-Za-z ]+?) Error: (?<message>.*)$/s.exec(text);
  return {
    kind: named?.groups?.kind ?? "Unknown",
    message: named?.groups?.message ?? text,
    position: undefined,
  };
}

function ioError(message: string, cause: Error): MillraceError {
  if (/no space left|disk (is )?full|quota exceeded|max_temp_directory_size/i.test(message)) {
    return new MillraceError(`The disk is full: ${message}`, {
      code: "engine/disk-full",
      hint: "Free space where the engine spills and where the table lies, then run again.",
      retryable: true,
      cause,
    });
  }
  if (/no files found|no such file|cannot open file/i.test(message)) {
    return new MillraceError(`A file that the query reads is not there: ${message}`, {
      code: "engine/file-missing",
      hint: "If it belongs to a table, it was removed behind the table's back or vacuumed since the version was made.",
      cause,
    });
  }
  return new MillraceError(`The engine could not read or write: ${message}`, {
    code: "engine/io",
    cause,
  });
}

function sqlError(report: Report, statement: string, cause: Error): MillraceError {
  const place =
    report.position === undefined || !Number.isFinite(report.position)
      ? undefined
      : placeAt(statement, report.position);
  const at = place === undefined ? "" : ` (line ${place.line}, column ${place.column})`;
  const line = place === undefined ? undefined : statement.split("\n")[place.line - 1];
  const shown = line === undefined || line.length > 500 ? "" : `\n  ${line}`;
  const error = new MillraceError(`${report.kind} error in SQL${at}: ${report.message}${shown}`, {
    code: "engine/sql",
    cause,
  });
  if (place !== undefined) PLACES.set(error, place);
  return error;
}

function placeAt(statement: string, position: number): SqlPlace {
  const before = Buffer.from(statement).subarray(0, position).toString();
  const lineStart = before.lastIndexOf("\n") + 1;
  return {
    offset: before.length,
    line: before.split("\n").length,
    column: before.length - lineStart + 1,
  };
}
