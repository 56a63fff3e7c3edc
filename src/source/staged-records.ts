/** Records in the one form that contracts read, whatever the document was: written as lines, then as Parquet by the engine. */

import { randomUUID } from "node:crypto";
import { type FileHandle, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { quoteText } from "../sql/quote.ts";

/** What staging needs of an engine: a statement for its effect. */
export interface StagingEngine {
  run(statement: string): Promise<void>;
}

/*
 * The Parquet file has five columns. `record` and `enclosing` are JSON texts with every digit kept; `enclosing` is an
 * array of the objects around the record, the nearest first, with the fields that were asked for. `place` is
 * `$[3].pages[7]` in a document, `Sheet1!7` in a workbook; `line` is null where it is not known; `problem` says why
 * this is no record, and then `record` is what stood there instead.
 */

export interface RecordWriter {
  /** `parents` are numbers of enclosing objects, the nearest first. `record` holds no raw line end and no U+001F. */
  add(record: Uint8Array, about: RecordAbout): void;
  /** The asked fields of an enclosing object as a JSON object. */
  addParent(number: number, fields: string): void;
  /** To be called from time to time: writes what was added. */
  flush(): Promise<void>;
  /** The Parquet file; the lines are gone. */
  finish(): Promise<string>;
  /** Removes all that was written. */
  discard(): Promise<void>;
  readonly counts: { readonly records: number; readonly problems: number };
}

interface RecordAbout {
  readonly place: string;
  readonly line: number | undefined;
  readonly problem: string | undefined;
  readonly parents: readonly number[];
}

/** `levels` is how many enclosing objects the `enclosing` array has; 0 leaves it empty. */
export async function openRecordWriter(
  engine: StagingEngine,
  folder: string,
  levels: number,
): Promise<RecordWriter> {
  const base = join(folder, `staged-${randomUUID()}`);
  const recordPath = `${base}.records`;
  const parentPath = `${base}.parents`;
  const parquetPath = `${base}.parquet`;
  const records = await openLines(recordPath);
  const parents = levels > 0 ? await openLines(parentPath) : undefined;
  const counts = { records: 0, problems: 0 };
  const closeLines = () => Promise.all([records.close(), parents?.close()]);
  const removeLines = () =>
    Promise.all([rm(recordPath, { force: true }), rm(parentPath, { force: true })]);
  return {
    counts,
    add(record, { place, line, problem, parents: numbers }) {
      if (problem === undefined) counts.records += 1;
      else counts.problems += 1;
      const ids = Array.from({ length: levels }, (_, level) => numbers[level] ?? NULL);
      const about = [
        counts.records + counts.problems,
        flat(place),
        line ?? NULL,
        problem === undefined ? NULL : flat(problem),
        ...ids,
      ];
      records.add(record, Buffer.from(`${SEPARATOR}${about.join(SEPARATOR)}\n`));
    },
    addParent(number, fields) {
      parents?.add(Buffer.from(`${number}${SEPARATOR}${fields}\n`));
    },
    async flush() {
      await records.flush();
      await parents?.flush();
    },
    async finish() {
      await closeLines();
      const query = recordQuery(
        recordPath,
        records.longest(),
        parentPath,
        parents?.longest() ?? 0,
        levels,
      );
      await engine.run(
        `copy (${query}) to ${quoteText(parquetPath)} (format parquet, compression zstd)`,
      );
      await removeLines();
      return parquetPath;
    },
    async discard() {
      await closeLines();
      await removeLines();
      await rm(parquetPath, { force: true });
    },
  };
}

const SEPARATOR = "\x1f";
const NULL = "\\N";

/** A text for people without the characters that part lines and fields. */
function flat(text: string): string {
  return text.replaceAll(/[\n\r]/g, " ").replaceAll(SEPARATOR, " ");
}

function recordQuery(
  recordPath: string,
  longestRecord: number,
  parentPath: string,
  longestParent: number,
  levels: number,
): string {
  const numbers = Array.from({ length: levels }, (_, level) => `parent_${level}`);
  const columns = {
    record: "varchar",
    number: "bigint",
    place: "varchar",
    line: "bigint",
    problem: "varchar",
  };
  const parentColumns = Object.fromEntries(numbers.map((name) => [name, "bigint"]));
  const records = readLines(recordPath, { ...columns, ...parentColumns }, longestRecord);
  if (levels === 0) {
    return `select record, '[]' as enclosing, place, line, problem from ${records}`;
  }
  const parents = readLines(parentPath, { number: "bigint", fields: "varchar" }, longestParent);
  const joins = numbers.map(
    (name) => `left join parents as ${name}_row on r.${name} = ${name}_row.number`,
  );
  const objects = numbers.map((name) => `coalesce(${name}_row.fields, '{}')`).join(" || ',' || ");
  return `with parents as materialized (select * from ${parents})
    select r.record, '[' || ${objects} || ']' as enclosing, r.place, r.line, r.problem
    from ${records} as r ${joins.join(" ")} order by r.number`;
}

function readLines(
  path: string,
  columns: Readonly<Record<string, string>>,
  longest: number,
): string {
  const types = Object.entries(columns).map(([name, type]) => `${name}: '${type}'`);
  const bound = Math.max(longest + 1, 2_000_000);
  return `read_csv(${quoteText(path)}, columns = {${types.join(", ")}}, auto_detect = false, header = false,
    delim = e'\\x1f', quote = '', escape = '', new_line = '\\n', nullstr = '\\N', compression = 'none',
    max_line_size = ${bound}, buffer_size = ${Math.max(2 * bound, 32_000_000)})`;
}

interface LineFile {
  /** One line in parts; the last ends it. */
  add(...parts: readonly Uint8Array[]): void;
  flush(): Promise<void>;
  longest(): number;
  close(): Promise<void>;
}

async function openLines(path: string): Promise<LineFile> {
  const file: FileHandle = await open(path, "wx");
  let waiting: Uint8Array[] = [];
  let longest = 0;
  let isOpen = true;
  const flush = async () => {
    if (waiting.length === 0) return;
    const bytes = Buffer.concat(waiting);
    waiting = [];
    await file.writeFile(bytes);
  };
  return {
    add(...parts) {
      waiting.push(...parts);
      longest = Math.max(
        longest,
        parts.reduce((sum, part) => sum + part.length, 0),
      );
    },
    flush,
    longest: () => longest,
    async close() {
      if (!isOpen) return;
      isOpen = false;
      try {
        await flush();
      } finally {
        await file.close();
      }
    },
  };
}
