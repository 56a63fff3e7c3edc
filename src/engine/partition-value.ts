/** Partition values: between the text of the Delta log and the engine's values. */

import { MillraceError } from "../base/error.ts";
import type { DataType } from "../schema/type.ts";
import { quoteText } from "../sql/quote.ts";

/** A SQL literal that casts to the type. In the log, null and the empty text are both null for every type. */
export function partitionLiteral(text: string | null, type: DataType): string {
  if (text === null || text === "") return "NULL";
  switch (type) {
    case "binary":
      return `from_hex('${binaryOf(text).toString("hex")}')`;
    case "timestamp":
      return quoteText(inUtc(text));
    case "timestamp_ntz":
      return quoteText(text.replace(/Z$/, ""));
    case "date":
      return quoteText(text.replace(/^\+/, ""));
    default:
      return quoteText(text);
  }
}

/** The log's text of a value that the engine printed; binary is given as hexadecimal digits. */
export function partitionText(printed: string | null, type: DataType): string | null {
  if (printed === null || printed === "") return null;
  switch (type) {
    case "binary":
      return binaryText(printed);
    case "date":
      return isoYear(printed);
    case "timestamp_ntz":
      return isoYear(printed);
    case "timestamp":
      return isoYear(printed)
        .replace(" ", "T")
        .replace(/\+00(:00)?$/, "Z");
    case "float":
    case "double":
      return FLOAT_WORD.get(printed) ?? printed;
    default:
      return printed;
  }
}

const FLOAT_WORD: ReadonlyMap<string, string> = new Map([
  ["nan", "NaN"],
  ["inf", "Infinity"],
  ["-inf", "-Infinity"],
]);

/** Two forms are legal (PROTOCOL.md, partition value serialization): a wall clock, which is read as UTC, and ISO 8601. */
function inUtc(text: string): string {
  if (!text.includes(":")) return `${text} 00:00:00Z`;
  return /:[\d.:]+(Z|[+-]\d\d(:?\d\d)?)$/.test(text) ? text : `${text}Z`;
}

/** DuckDB prints `0044-03-15 (BC)`; ISO 8601 and Spark count that year as -0043. */
function isoYear(printed: string): string {
  const parts = /^(?<year>\d+)(?<rest>-\d\d-\d\d) \(BC\)(?<time>.*)$/.exec(printed)?.groups;
  if (parts === undefined) return printed;
  const year = Number(parts.year) - 1;
  return `${year === 0 ? "" : "-"}${String(year).padStart(4, "0")}${parts.rest}${parts.time}`;
}

/** Writers differ: some put each byte as `\u00ab`, others the bytes as UTF-8 text. */
function binaryOf(text: string): Buffer {
  if (!/^(\\u[0-9a-fA-F]{4})+$/.test(text)) return Buffer.from(text);
  return Buffer.from(
    text.match(/[0-9a-fA-F]{4}/g)?.map((digits) => Number.parseInt(digits, 16)) ?? [],
  );
}

function binaryText(hex: string): string {
  const bytes = Buffer.from(hex, "hex");
  const text = bytes.toString();
  if (Buffer.from(text).equals(bytes)) return text;
  throw new MillraceError(
    `The binary partition value 0x${hex} is not UTF-8 text, and the Delta log can hold no other.`,
    { code: "engine/partition-value", hint: "Partition by its hexadecimal text: hex(column)." },
  );
}
