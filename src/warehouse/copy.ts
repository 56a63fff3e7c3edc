/** The COPY statement that writes an output as one file. */

import type { Field } from "../schema/type.ts";
import { quoteName, quoteText } from "../sql/quote.ts";
import type { Files } from "./files.ts";
import { harmlessText, harmlessTitle } from "./formula.ts";
import { jsonObject, textOf } from "./text-value.ts";

/** How the bytes of a file are to be. */
export type FileDialect = Pick<Files, "format" | "nulls" | "bom" | "formulas">;

/** A column of the query under its title. */
export interface TitledField {
  readonly field: Field;
  readonly title: string;
}

/** Writes the query's rows to `path`, in its order where it has one. Its one row tells the `Count`. */
export function copyStatement(
  query: string,
  columns: readonly TitledField[],
  { path, ...dialect }: FileDialect & { readonly path: string },
): string {
  const { select, options } = parts(columns, dialect);
  // Where the file exists DuckDB would write beside it and rename, which is our own task.
  const all = [...options, "use_tmp_file false"].join(", ");
  return `copy (\nselect ${select} from (\n${query}\n)) to ${quoteText(path)} (${all})`;
}

interface Parts {
  readonly select: string;
  readonly options: readonly string[];
}

function parts(columns: readonly TitledField[], dialect: FileDialect): Parts {
  switch (dialect.format) {
    case "csv":
      return csvParts(columns, dialect);
    case "ndjson":
      return ndjsonParts(columns);
    case "parquet":
      return {
        select: columns
          .map(({ field, title }) => `${quoteName(field.name)} as ${quoteName(title)}`)
          .join(", "),
        // A Bloom filter knows only one of the two zeros, and readers would miss the other.
        options: ["format parquet", "compression zstd", "write_bloom_filter false"],
      };
  }
}

/** DuckDB quotes what RFC 4180 says, and every text that equals the one for nulls. */
function csvParts(columns: readonly TitledField[], { nulls, formulas }: FileDialect): Parts {
  const escapes = formulas === "escape";
  const select = columns.map(({ field, title }) => {
    const text = textOf(quoteName(field.name), field.type);
    const value = escapes && field.type === "string" ? harmlessText(text) : text;
    return `${value} as ${quoteName(escapes ? harmlessTitle(title) : title)}`;
  });
  return {
    select: select.join(", "),
    options: [
      "format csv",
      "header true",
      "delimiter ','",
      `quote '"'`,
      `escape '"'`,
      `nullstr ${quoteText(nulls)}`,
      "compression none",
    ],
  };
}

/** Lines that are finished texts: a delimiter that JSON never holds, and nothing quoted. */
function ndjsonParts(columns: readonly TitledField[]): Parts {
  const members = columns.map(({ field, title }) => ({
    name: title,
    type: field.type,
    value: quoteName(field.name),
  }));
  return {
    select: `${jsonObject(members)} as line`,
    options: [
      "format csv",
      "header false",
      "delimiter E'\\x01'",
      "quote ''",
      "escape ''",
      "compression none",
    ],
  };
}
