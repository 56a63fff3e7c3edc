/** Lines of CSV that did not pass the sieve: records with their lines in front, and lines with another number of fields. */

import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { openBrokenRecords } from "../source/broken-record.ts";
import { walkLines } from "../source/physical-line.ts";
import type { ReadColumn } from "./condition.ts";
import { csvLayers } from "./csv-layer.ts";
import { type CsvShape, dialectSettings, fieldsMessage, textColumns } from "./csv-shape.ts";
import { heldRows } from "./held-row.ts";
import type { HeldPart, Records } from "./records.ts";

export function heldCsvRecords(
  parts: readonly HeldPart[],
  { shape, read }: { readonly shape: CsvShape; readonly read: readonly ReadColumn[] },
): Records {
  const { names, mostLineBytes, options } = shape;
  const dialect = { delimiter: options.delimiter ?? ",", quote: options.quote ?? '"' };
  const files = [...new Set(parts.map(({ input }) => input))];
  const { columns, layer, ...layers } = csvLayers({ names, files, read });
  const settings = `header=false, columns={'~n': 'BIGINT', ${textColumns(names)}}, max_line_size=${mostLineBytes}, ${dialectSettings(dialect, options)}`;
  return {
    ...layers,
    raw: layer(`(select *, null::varchar as "~place" from ${heldRows(parts, settings)})`),
    carried: `{'raw': [${columns.join(", ")}], 'file': "~file", 'line': "~line"}`,
    needsLines: false,
    countsBroken: false,
    findsBrokenAside: true,
    areMostlyBad: true,
    isFlat: true,
    lines: async (_path, raws) => raws.map(() => undefined),
    broken: async (folder) => {
      if (parts.every(({ broken }) => broken.length === 0)) return undefined;
      const path = join(folder, `broken-${randomUUID()}.ndjson`);
      const out = openBrokenRecords(path);
      for (const { input, linesBefore, paths, broken } of parts) {
        await walkLines(paths.broken, undefined, (bytes, from, to, ordinal) => {
          const [line = 0, fields = 0] = broken.subarray(2 * ordinal - 2);
          out.add({
            file: input.found.name,
            line: linesBefore + line,
            raw: bytes.toString("utf8", from, to).replace(/\r$/, ""),
            rule: "fields",
            message: fieldsMessage(String(fields), names.length),
          });
          return true;
        });
      }
      return { path, ...out.close(), names, dialect };
    },
  };
}
