/**
 * CSV files of one header as raw records. DuckDB reads every field as text under positions of the file's own header,
 * which we read ourselves (with `columns` declared it skips the header unseen), and lists what it cannot cut into
 * fields in a table of rejects.
 */

import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { Engine, Row } from "../engine/engine.ts";
import { quotePath } from "../engine/path.ts";
import { type CsvReject, writeBrokenLines } from "../source/broken-line.ts";
import { findLines } from "../source/line-finder.ts";
import { originalOffset } from "../source/unfit-record.ts";
import { quoteName, quoteText } from "../sql/quote.ts";
import type { ReadColumn } from "./condition.ts";
import { csvLayers } from "./csv-layer.ts";
import {
  type CsvShape,
  dialectSettings,
  fieldsMessage,
  QUOTE_MESSAGE,
  textColumns,
} from "./csv-shape.ts";
import { csvSieve } from "./csv-sieve.ts";
import type { InputFile, Records } from "./records.ts";

/** Of a line with too few fields there is an entry for each that it has not, of one with too many for each beyond. */
const FOUND = `try_cast(regexp_extract(e.error_message, 'Found: (\\d+)', 1) as bigint)`;
const FIELDS = `case when min(e.error_type::varchar) = 'MISSING COLUMNS' then min(${FOUND}) else max(${FOUND}) end`;

export interface CsvInput {
  readonly engine: Engine;
  readonly files: readonly InputFile[];
  readonly shape: CsvShape;
  readonly read: readonly ReadColumn[];
}

export function csvRecords({ engine, files, shape, read }: CsvInput): Records {
  const { names, headerLine, inParts, isPlain, mostLineBytes, options } = shape;
  const serial = randomUUID().replaceAll("-", "");
  const rejects = `reject_errors_${serial}`;
  const scans = `reject_scans_${serial}`;
  const dialect = { delimiter: options.delimiter ?? ",", quote: options.quote ?? '"' };
  const [only] = files;
  const isOne = files.length === 1 && only !== undefined;
  const { columns, layer, ...layers } = csvLayers({ names, files, read });
  const settings = [
    `columns={${textColumns(names)}}`,
    `header=${options.header !== false}, skip=${headerLine - 1}, parallel=${inParts}`,
    `compression=${quoteText(only?.inspection.compression ?? "none")}`,
    dialectSettings(dialect, options),
    `max_line_size=${mostLineBytes}, store_rejects=true, rejects_limit=0`,
    `rejects_table=${quoteText(rejects)}, rejects_scan=${quoteText(scans)}`,
    ...(isOne ? [] : ["filename=true"]),
  ];
  const reader = `read_csv([${files.map(({ readPath }) => quotePath(readPath)).join(", ")}], ${settings.join(", ")})`;
  const file = isOne ? quoteText(only.readPath) : "filename";
  // Of several columns the engine passes over blank lines itself.
  const hasBlanks = names.length === 1 && (options.nulls ?? []).length === 0;

  return {
    ...layers,
    raw: layer(
      `(select ${columns.join(", ")}, ${file} as "~file", null::bigint as "~line", null::varchar as "~place" from ${reader}${hasBlanks ? ` where ${columns[0]} is not null` : ""})`,
    ),
    carried: `{'raw': [${columns.join(", ")}], 'file': "~file"}`,
    needsLines: true,
    countsBroken: false,
    isFlat: true,
    sieve: isPlain
      ? csvSieve({
          shape,
          read,
          files,
          records: (rest) => csvRecords({ engine, files: rest, shape, read }),
        })
      : undefined,
    forget: () => engine.run(`drop table ${quoteName(rejects)}; drop table ${quoteName(scans)}`),
    lines: (path, raws, taken) => {
      const input = files.find(({ readPath }) => readPath === path);
      const { removed } = input ?? {};
      return findLines(removed?.path ?? path, raws as readonly (readonly (string | null)[])[], {
        dialect: {
          format: "csv",
          ...dialect,
          header: options.header !== false,
          ...(options.nulls === undefined ? {} : { nulls: options.nulls }),
        },
        compression: removed === undefined ? input?.inspection.compression : removed.compression,
        isPlain: isPlain && removed === undefined,
        taken,
      });
    },
    broken: async (folder) => {
      const rows = await engine.rows(
        `select s.file_path as file, e.line_byte_position as position, e.error_type::varchar as error, min(e.error_message) as message,
           ${FIELDS} as fields
         from ${quoteName(rejects)} e join ${quoteName(scans)} s using (scan_id, file_id) group by all`,
      );
      await engine.run(`drop table ${quoteName(rejects)}; drop table ${quoteName(scans)}`);
      if (rows.length === 0 && files.every(({ removed }) => removed === undefined))
        return undefined;
      const path = join(folder, `broken-${serial}.ndjson`);
      const broken = files.map(({ found, readPath, inspection, removed, lineOf }) => ({
        name: found.name,
        lineOf,
        path: removed?.path ?? readPath,
        compression: removed === undefined ? inspection.compression : removed.compression,
        rejects: [
          ...(removed?.rejects ?? []),
          ...rows
            .filter((row) => row.file === readPath)
            .map((row) => rejectOf(row, shape))
            .map((reject) => ({
              ...reject,
              offset: originalOffset(reject.offset, removed?.unfit ?? []),
            })),
        ],
      }));
      const written = await writeBrokenLines(
        broken.filter(({ rejects: some }) => some.length > 0),
        dialect,
        path,
      );
      return { path, ...written, names, dialect };
    },
  };
}

export function lengthMessage(bytes: number): string {
  return `is longer than ${bytes / 2 ** 20} MiB`;
}

function rejectOf(row: Row, { names, mostLineBytes }: CsvShape): CsvReject {
  const offset = Number(row.position) - 1;
  const error = String(row.error);
  switch (error) {
    case "MISSING COLUMNS":
    case "TOO MANY COLUMNS": {
      const has = row.fields ?? (error === "MISSING COLUMNS" ? "too few" : "too many");
      return { offset, kind: "fields", message: fieldsMessage(String(has), names.length) };
    }
    case "UNQUOTED VALUE":
      return { offset, kind: "quote", message: QUOTE_MESSAGE };
    case "INVALID ENCODING":
      return { offset, kind: "encoding", message: "is not valid UTF-8" };
    case "LINE SIZE OVER MAXIMUM":
      return { offset, kind: "length", message: lengthMessage(mostLineBytes) };
    default: {
      const message = `cannot be read: ${String(row.message).split("\n")[0]}`;
      return { offset, kind: "other", message };
    }
  }
}
