/** How lines of NDJSON pass the sieve: the members that columns ask for. */

import { heldJsonRecords } from "./json-held.ts";
import type { JsonInput } from "./json-layer.ts";
import type { Sieve } from "./records.ts";
import { sieveColumn } from "./sieve-demand.ts";
import { takenAs } from "./sieve-kind.ts";

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
    through: (demands, extra) => ({
      dialect: { format: "ndjson", skipsUnknown: extra !== "keep" && extra !== "reject" },
      columns: read.map(({ path, definition: { optional } }, index) =>
        sieveColumn({ name: path, optional, isRead: true }, demands[index]),
      ),
      taken: read.map(({ definition }, index) => takenAs(index, definition, demands[index])),
    }),
    held: (parts) => heldJsonRecords(parts, input),
  };
}
