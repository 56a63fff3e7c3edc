/** Files as sources, as a person declares them: CSV, JSON, NDJSON, XLSX and Parquet by path or pattern. */

import { type Duration, parseDuration } from "../base/duration.ts";
import { MillraceError } from "../base/error.ts";
import {
  checkOptions,
  type OptionChecks,
  oneOf,
  text,
  textList,
  truth,
  wholeNumber,
} from "../base/option.ts";
import type { Text } from "../sql/template.ts";
import { parseRecordsPath } from "./json-path.ts";

export type FileFormat = "csv" | "json" | "ndjson" | "xlsx" | "parquet";
export type Compression = "gzip" | "zstd";
export type Encoding = "utf-8" | "latin-1" | "utf-16";

/** What every kind of file can be told. */
export interface FileOptions {
  /** Left out, the first bytes of the file decide. */
  readonly compression?: Compression;
  /** How long a file must have been left alone before it is read; "2 s" unless told. */
  readonly settle?: Duration;
  /** What a file is that was read before and has other content now; a new version unless told. */
  readonly changed?: "new version" | "reject";
  /** Whether a file with the content of another one already read is loaded as well; skipped unless told. */
  readonly duplicates?: "skip" | "load";
}

export interface CsvOptions extends FileOptions {
  /** Whether the first record names the columns; true unless told. */
  readonly header?: boolean;
  /** The columns in the file's order; for files without a header. */
  readonly names?: readonly string[];
  readonly delimiter?: string;
  readonly quote?: string;
  /** Texts that mean null besides an empty unquoted field. */
  readonly nulls?: readonly string[];
  readonly encoding?: Encoding;
}

export interface JsonOptions extends FileOptions {
  /** Where the records stand: `$[*].pages[*].item`. Left out, the elements of an array, or the one object. */
  readonly records?: string;
}

export interface NdjsonOptions extends FileOptions {
  /** Each line ends in a comma, and lines that hold only `[` or `]` are no records. */
  readonly trailingCommas?: boolean;
}

export interface XlsxOptions extends FileOptions {
  /** The name of the sheet; the first one unless told. */
  readonly sheet?: string;
  /** The row that names the columns, counted from 1; row 1 unless told. */
  readonly header?: number;
}

interface Declared<Format extends FileFormat, Options> {
  readonly kind: "source";
  readonly format: Format;
  readonly path: Text;
  readonly options: Options;
}

export type CsvSource = Declared<"csv", CsvOptions>;
export type JsonSource = Declared<"json", JsonOptions>;
export type NdjsonSource = Declared<"ndjson", NdjsonOptions>;
export type XlsxSource = Declared<"xlsx", XlsxOptions>;
export type ParquetSource = Declared<"parquet", FileOptions>;
/** Checked and frozen; told apart by `format`. */
export type FileSource = CsvSource | JsonSource | NdjsonSource | XlsxSource | ParquetSource;

const FILE_CHECKS: OptionChecks<FileOptions> = {
  compression: oneOf("gzip", "zstd"),
  settle: (value, name) => {
    text(value, name);
    parseDuration(String(value));
  },
  changed: oneOf("new version", "reject"),
  duplicates: oneOf("skip", "load"),
};

const CSV_CHECKS: OptionChecks<CsvOptions> = {
  ...FILE_CHECKS,
  header: truth,
  names: textList,
  delimiter: oneByte,
  quote: oneByte,
  nulls: textList,
  encoding: oneOf("utf-8", "latin-1", "utf-16"),
};

/** Comma-separated values, one file or many; paths are relative to the project. */
export function csv(path: Text, how: CsvOptions = {}): CsvSource {
  const options = checkOptions("csv()", how, CSV_CHECKS);
  if (options.header === false && options.names === undefined) {
    throw new MillraceError("csv() without a header does not know its columns", {
      code: "project/bad-option",
      hint: 'Name them in the file\'s order: { header: false, names: ["id", "name"] }.',
    });
  }
  if (options.header !== false && options.names !== undefined) {
    throw new MillraceError("csv() has names and a header", {
      code: "project/bad-option",
      hint: "A header names the columns itself. Leave names out, or say header: false.",
    });
  }
  const twice = options.names?.find((name, index, all) => all.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new MillraceError(`csv() names the column "${twice}" twice`, {
      code: "project/bad-option",
      hint: "Each column needs a name of its own.",
    });
  }
  if ((options.delimiter ?? ",") === (options.quote ?? '"')) {
    throw new MillraceError("csv() has the same character as delimiter and quote", {
      code: "project/bad-option",
      hint: "Give them different characters.",
    });
  }
  return declare("csv", path, options);
}

/** A JSON document whose records stand at a path inside it. */
export function jsonFile(path: Text, how: JsonOptions = {}): JsonSource {
  const checks: OptionChecks<JsonOptions> = {
    ...FILE_CHECKS,
    records: (value, name) => {
      text(value, name);
      parseRecordsPath(String(value));
    },
  };
  return declare("json", path, checkOptions("jsonFile()", how, checks));
}

/** One JSON object per line. */
export function ndjson(path: Text, how: NdjsonOptions = {}): NdjsonSource {
  return declare(
    "ndjson",
    path,
    checkOptions("ndjson()", how, { ...FILE_CHECKS, trailingCommas: truth }),
  );
}

/** One sheet of a workbook. */
export function xlsx(path: Text, how: XlsxOptions = {}): XlsxSource {
  const checks: OptionChecks<XlsxOptions> = { ...FILE_CHECKS, sheet: text, header: wholeNumber };
  return declare("xlsx", path, checkOptions("xlsx()", how, checks));
}

/** Parquet files that somebody else wrote. */
export function parquet(path: Text, how: FileOptions = {}): ParquetSource {
  return declare("parquet", path, checkOptions("parquet()", how, FILE_CHECKS));
}

function declare<Format extends FileFormat, Options>(
  format: Format,
  path: Text,
  options: Options,
): Declared<Format, Options> {
  const known =
    typeof path === "string"
      ? path.trim() !== ""
      : path?.kind === "param" || path?.kind === "secret";
  if (!known) {
    throw new MillraceError(`A ${format} source needs a path, not ${JSON.stringify(path)}`, {
      code: "source/bad-path",
      hint: 'Give a file or a pattern such as "inbox/*.csv", or a param() or env() that holds one.',
    });
  }
  return Object.freeze({ kind: "source", format, path, options });
}

/** DuckDB's reader and our own header reader both need a delimiter that is one byte. */
function oneByte(value: unknown, name: string): void {
  text(value, name);
  const character = String(value);
  if (!/^[\t\x20-\x7e]$/.test(character)) {
    throw new MillraceError(`${name} is ${JSON.stringify(character)}`, {
      code: "project/bad-option",
      hint: "It must be one ASCII character.",
    });
  }
}
