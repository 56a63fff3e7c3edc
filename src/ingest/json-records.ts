/** JSON records: lines of NDJSON files, or records that were staged from documents and workbooks. */

import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { quotePath } from "../engine/path.ts";
import { findLines } from "../source/line-finder.ts";
import { writeUnreadableLines } from "../source/unreadable-line.ts";
import { quoteText } from "../sql/quote.ts";
import type { Condition } from "./condition.ts";
import { type JsonInput, jsonLayers } from "./json-layer.ts";
import { ndjsonSieve } from "./json-sieve.ts";
import type { Records } from "./records.ts";

/** Lines of NDJSON files. */
export function ndjsonRecords(input: JsonInput): Records {
  const { engine, files, read } = input;
  const [only] = files;
  const isOne = files.length === 1 && only !== undefined;
  const longest = Math.max(...files.map(({ inspection }) => inspection.longLine?.bytes ?? 0));
  const options = `ignore_errors=true, compression=${quoteText(only?.inspection.compression ?? "uncompressed")}, maximum_object_size=${Math.max(2 * longest, 16 * 2 ** 20)}${isOne ? "" : ", filename=true"}`;
  const reader = `read_ndjson_objects([${files.map(({ readPath }) => quotePath(readPath)).join(", ")}], ${options})`;
  const file = isOne ? quoteText(only.readPath) : "filename";
  const relation = `(select json::varchar as "~record", ${file} as "~file", null::bigint as "~line", null::varchar as "~place" from ${reader})`;
  return {
    ...jsonLayers(input, relation),
    needsLines: true,
    countsBroken: true,
    isFlat: input.isFlat,
    sieve: ndjsonSieve(input),
    lines: (path, raws, taken) => {
      const inspection = files.find(({ readPath }) => readPath === path)?.inspection;
      return findLines(path, raws.map(String), {
        dialect: { format: "ndjson" },
        taken,
        compression: inspection?.compression,
        isPlain: inspection?.longLine === undefined,
      });
    },
    broken: async (folder, bad) => {
      if (bad === undefined) return undefined;
      const rows = await engine.rows(
        `select "~carried".file as file, count(*) as lines from ${bad} where "~carried".raw is null group by all`,
      );
      if (rows.length === 0) return undefined;
      const path = join(folder, `broken-${randomUUID()}.ndjson`);
      const unreadable = rows.flatMap((row) => {
        const input = files.find(({ readPath }) => readPath === row.file);
        return input === undefined
          ? []
          : [
              {
                name: input.found.name,
                path: input.readPath,
                compression: input.inspection.compression,
                count: Number(row.lines),
              },
            ];
      });
      const ordinals = async (one: string): Promise<number[]> =>
        (
          await engine.rows(
            `select n from (select row_number() over () as n, json from read_ndjson_objects(${quotePath(one)}, ${options})) where json is null order by n`,
          )
        ).map((row) => Number(row.n));
      return {
        path,
        ...(await writeUnreadableLines(unreadable, ordinals, path)),
        names: read.map(({ path: name }) => name),
      };
    },
  };
}

/** Records in Parquet files as `openRecordWriter` stages them. */
export function stagedRecords(input: JsonInput): Records {
  const { files } = input;
  const reader = `read_parquet([${files.map(({ readPath }) => quotePath(readPath)).join(", ")}], filename=true)`;
  const relation = `(select record as "~record", filename as "~file", line as "~line", place as "~place", enclosing as "~enclosing", problem as "~problem" from ${reader})`;
  const problem: Condition = {
    column: null,
    rule: "record",
    message: "is not a record",
    says: `"~problem"`,
    holds: `"~problem" is null`,
    value: "null",
  };
  return {
    ...jsonLayers(input, relation, {
      problem,
      carried: ["line", "place", "enclosing", "problem"],
    }),
    context: `"~enclosing"`,
    needsLines: false,
    countsBroken: false,
    isFlat: input.isFlat,
    lines: async (_path, raws) => raws.map(() => undefined),
    broken: async () => undefined,
  };
}

/** Entries of a quarantine, which has the columns `id, raw, context, file, line, position`, as records again. */
export function replayedRecords({
  relation,
  ...input
}: Omit<JsonInput, "files"> & { readonly relation: string }): Records {
  const positions = { file: `"~file"`, line: `"~line"`, place: `"~place"` };
  const columns = `raw as "~record", file as "~file", line as "~line", position as "~place", context as "~enclosing", id as "~id"`;
  const layers = jsonLayers({ ...input, files: [] }, `(select ${columns} from ${relation})`);
  return {
    ...layers,
    raw: { ...layers.raw, ...positions },
    needsLines: false,
    countsBroken: false,
    isFlat: input.isFlat,
    lines: async (_path, raws) => raws.map(() => undefined),
    broken: async () => undefined,
  };
}
