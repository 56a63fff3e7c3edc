/** Files in a folder as a person declares them. */

import { checkOptions, kindOf, oneOf, text, truth, wrongOption } from "../base/option.ts";
import type { Text } from "../sql/template.ts";

type FileFormat = "csv" | "ndjson" | "parquet";

export interface FilesOptions {
  readonly format: FileFormat;
  /** The file's name without its ending; by default that of the table. */
  readonly name?: string;
  /** CSV: what stands for a missing value; by default nothing, and then an empty text is `""`. */
  readonly nulls?: string;
  /** CSV: begins the file with the mark by which Excel knows UTF-8. */
  readonly bom?: boolean;
  /**
   * CSV: a text that a spreadsheet would run as a formula gets a leading `'` ("escape", the default),
   * or stays as it is ("keep"), for files that only programs read.
   */
  readonly formulas?: "escape" | "keep";
}

/** A folder to publish to. */
export interface Files {
  readonly kind: "warehouse";
  readonly system: "files";
  readonly folder: Text;
  readonly format: FileFormat;
  readonly name: string | undefined;
  readonly nulls: string;
  readonly bom: boolean;
  readonly formulas: "escape" | "keep";
}

/** Throws `project/bad-option` or `project/unknown-option` where the options are not as declared. */
export function files(folder: Text, how: FilesOptions): Files {
  const isText = typeof folder === "string" && folder !== "";
  if (!isText && !["param", "secret"].includes(kindOf(folder) ?? "")) {
    throw wrongOption("The folder of files()", folder, 'a path such as "out"');
  }
  const options = checkOptions("files()", how, {
    format: oneOf("csv", "ndjson", "parquet"),
    name: text,
    nulls: nullText,
    bom: truth,
    formulas: oneOf("escape", "keep"),
  });
  const { format, name, nulls, bom, formulas } = options;
  if (format === undefined) {
    throw wrongOption("The option format of files()", format, '"csv", "ndjson" or "parquet"');
  }
  for (const [option, value] of Object.entries({ nulls, bom, formulas })) {
    if (format === "csv" || value === undefined) continue;
    throw wrongOption(`The option ${option} of files()`, value, `left out for ${format}`);
  }
  return Object.freeze({
    kind: "warehouse",
    system: "files",
    folder,
    format,
    name,
    nulls: nulls ?? "",
    bom: bom ?? false,
    formulas: formulas ?? "escape",
  });
}

function nullText(value: unknown, name: string): void {
  if (typeof value !== "string" || /[",\r\n\0]/.test(value)) {
    throw wrongOption(name, value, 'a text without commas, quotes and line breaks, such as "NA"');
  }
}
