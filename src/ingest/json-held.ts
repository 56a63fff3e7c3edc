/** Lines of JSON that did not pass the sieve, each with its number: most are records that a contract can judge. */

import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { quotePath } from "../engine/path.ts";
import { openBrokenRecords } from "../source/broken-record.ts";
import { unreadableMessage } from "../source/unreadable-line.ts";
import { quoteText } from "../sql/quote.ts";
import { type JsonInput, jsonLayers } from "./json-layer.ts";
import type { HeldPart, Records } from "./records.ts";

/** Of two fields, a number and a text whose quotes are doubled; a line of JSON has 2 MB at most. */
const SETTINGS = `header=false, auto_detect=false, columns={n: 'BIGINT', r: 'VARCHAR'}, delim=',', quote='"', escape='"', strict_mode=true, max_line_size=${4 * 2 ** 20 + 64}`;

export function heldJsonRecords(
  parts: readonly HeldPart[],
  input: Omit<JsonInput, "files">,
): Records {
  const { engine, read, isFlat } = input;
  const files = [...new Set(parts.map((part) => part.input))];
  const relations = parts.map(
    ({ input: file, linesBefore, paths }) =>
      `select case when json_valid(r) then r end as "~record", r as "~text", ${quoteText(file.readPath)} as "~file", n + ${linesBefore} as "~line", null::varchar as "~place" from read_csv(${quotePath(paths.held)}, ${SETTINGS})`,
  );
  return {
    ...jsonLayers({ ...input, files }, `(${relations.join(" union all ")})`, {
      carried: ["line", "text"],
    }),
    needsLines: false,
    countsBroken: true,
    isFlat,
    lines: async (_path, raws) => raws.map(() => undefined),
    broken: async (folder, bad) => {
      if (bad === undefined) return undefined;
      const names = new Map(files.map(({ readPath, found }) => [readPath, found.name]));
      const path = join(folder, `broken-${randomUUID()}.ndjson`);
      const out = openBrokenRecords(path);
      const broken = `select "~carried".file as file, "~carried".line as line, "~carried".text as raw from ${bad} where "~carried".raw is null`;
      for await (const rows of engine.stream(broken)) {
        for (const row of rows) {
          const [file, raw] = [String(row.file), String(row.raw)];
          out.add({
            file: names.get(file) ?? file,
            line: Number(row.line),
            raw,
            rule: "json",
            message: unreadableMessage(raw),
          });
        }
      }
      const written = out.close();
      return written.count === 0
        ? undefined
        : { path, ...written, names: read.map(({ path: name }) => name) };
    },
  };
}
