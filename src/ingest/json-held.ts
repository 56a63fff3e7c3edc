/** Lines of JSON that did not pass the sieve, each with its number: most are records that a contract can judge. */

import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { openBrokenRecords } from "../source/broken-record.ts";
import { HELD_QUOTE } from "../source/sieve/held-line.ts";
import { unreadableMessage } from "../source/unreadable-line.ts";
import { heldRows } from "./held-row.ts";
import { type JsonInput, jsonLayers } from "./json-layer.ts";
import type { HeldPart, Records } from "./records.ts";

/** Of two fields, a number and a text; a line of JSON has 2 MB at most. */
const SETTINGS = `header=false, auto_detect=false, columns={'~n': 'BIGINT', '~text': 'VARCHAR'}, delim=',', quote='${HELD_QUOTE}', escape='${HELD_QUOTE}', strict_mode=true, max_line_size=${4 * 2 ** 20 + 64}`;

export function heldJsonRecords(
  parts: readonly HeldPart[],
  input: Omit<JsonInput, "files">,
): Records {
  const { engine, read, isFlat } = input;
  const files = [...new Set(parts.map((part) => part.input))];
  const rows = `(select case when json_valid("~text") then "~text" end as "~record", * replace (case when not json_valid("~text") then "~text" end as "~text"), null::varchar as "~place" from ${heldRows(parts, SETTINGS)})`;
  return {
    ...jsonLayers({ ...input, files }, rows, {
      carried: ["line", "text"],
    }),
    needsLines: false,
    countsBroken: true,
    findsBrokenAside: true,
    areMostlyBad: true,
    isFlat,
    lines: async (_path, raws) => raws.map(() => undefined),
    broken: async (folder, bad) => {
      if (bad === undefined) return undefined;
      const names = new Map(files.map(({ readPath, found }) => [readPath, found.name]));
      const path = join(folder, `broken-${randomUUID()}.ndjson`);
      const out = openBrokenRecords(path);
      const broken = `select "~carried".file as file, "~carried".line as line, "~carried".text as raw from ${bad} where "~carried".raw is null`;
      const session = await engine.session();
      try {
        for await (const rows of session.stream(broken)) {
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
      } finally {
        session.close();
      }
      const written = out.close();
      return written.count === 0
        ? undefined
        : { path, ...written, names: read.map(({ path: name }) => name) };
    },
  };
}
