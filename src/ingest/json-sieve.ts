/** How lines of NDJSON pass the sieve: rewritten with the columns alone, and typed by the reader where values are canonical. */

import { quotePath } from "../engine/path.ts";
import { shortName } from "../source/sieve/column.ts";
import { heldJsonRecords } from "./json-held.ts";
import type { JsonInput } from "./json-layer.ts";
import type { Sieve } from "./records.ts";
import { typeOf } from "./sieve-kind.ts";

/** The sieve keeps one bit for each column. */
const MOST_COLUMNS = 64;
/** JSON within a record is left to the engine. */
const NESTED = new Set(["json", "list", "struct"]);

/** Undefined where a column is not a member of the record itself, or may be more than one value. */
export function ndjsonSieve(input: JsonInput): Sieve | undefined {
  const { files, read, isFlat } = input;
  const paths = read.map(({ path }) => path);
  const isPlain =
    read.length > 0 &&
    read.length <= MOST_COLUMNS &&
    new Set(paths).size === read.length &&
    read.every(({ path, definition }) => {
      // A name with an escape may be written in several ways; one with a dot leads further down.
      const isOwn = JSON.stringify(path) === `"${path}"` && (isFlat || !/[.^]/.test(path));
      return isOwn && !NESTED.has(definition.type.kind);
    }) &&
    files.every(
      // What no column asks for is not looked at, be it text or not.
      ({ inspection: { compression, longLine, invalidUtf8 } }) =>
        compression === undefined && longLine === undefined && invalidUtf8 === undefined,
    );
  if (!isPlain) return undefined;
  return {
    headerLines: 0,
    through: (kinds, extra) => ({
      dialect: { format: "ndjson", skipsUnknown: extra !== "keep" && extra !== "reject" },
      columns: read.map(({ path, definition: { optional } }, index) => ({
        is: kinds[index] ?? { kind: "text" },
        optional,
        name: path,
      })),
    }),
    passed: (path, kinds) => {
      const types = read.map(
        (column, index) => `${shortName(index)}: '${typeOf(column.definition, kinds[index])}'`,
      );
      const reader = `read_json(${quotePath(path)}, format='newline_delimited', columns={n: 'BIGINT', ${types.join(", ")}})`;
      const taken = read.map((_, index) => `${shortName(index)} as "~r${index}"`);
      return `(select n as "~n", ${taken.join(", ")} from ${reader})`;
    },
    held: (parts) => heldJsonRecords(parts, input),
  };
}
