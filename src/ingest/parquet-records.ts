/** Parquet files from outside as raw records: every cell as the text that a contract judges, whatever type the file gave it. */

import { quotePath } from "../engine/path.ts";
import { duckdbType } from "../engine/type.ts";
import type { DataType, Field } from "../schema/type.ts";
import { quoteName, quoteText } from "../sql/quote.ts";
import type { ReadColumn } from "./condition.ts";
import type { RawLayer } from "./contract.ts";
import { type InputFile, positionsOf, type Records, UNPACKED_LINE } from "./records.ts";

export interface ParquetInput {
  readonly files: readonly InputFile[];
  /** The columns of the files. */
  readonly fields: readonly Field[];
  readonly read: readonly ReadColumn[];
}

export function parquetRecords({ files, fields, read }: ParquetInput): Records {
  const names = fields.map(({ name }) => name);
  const places = read.map(({ path }) => names.indexOf(path));
  const texts = fields.map(({ name, type }) => {
    const column = quoteName(name);
    if (type === "binary") return `to_base64(${column})`;
    return typeof type === "string" || type.kind === "decimal"
      ? `${column}::varchar`
      : `to_json(${column}::${textType(type)})::varchar`;
  });
  const paths = files.map(({ readPath }) => quotePath(readPath)).join(", ");
  const columns = fields.map((_, index) => `"~c${index}"`);
  const direct = texts.map((text, index) => `${text} as ${columns[index]}`);
  const reader = `read_parquet([${paths}], filename = true, file_row_number = true, hive_partitioning = false)`;
  const positions = positionsOf(files);
  const taken = places.map(
    (index, at) => `${index < 0 ? "null::varchar" : columns[index]} as "~r${at}"`,
  );
  const layer = (from: string): RawLayer => ({
    relation: `(select *, ${taken.join(", ") || "1"} from ${from})`,
    ...positions,
  });
  const unpacked = columns.map((column, index) => `"~carried".raw[${index + 1}] as ${column}`);
  return {
    files,
    raw: layer(
      `(select ${[...direct, `filename as "~file"`, `file_row_number + 1 as "~line"`, `null::varchar as "~place"`].join(", ")} from ${reader})`,
    ),
    carried: `{'raw': [${columns.join(", ")}], 'file': "~file", 'line': "~line"}`,
    again: (from) =>
      layer(`(select *, ${[...unpacked, ...UNPACKED_LINE].join(", ")} from ${from})`),
    rawJson: `json_object(${names.map((name, index) => `${quoteText(name)}, ${columns[index]}`).join(", ")})::varchar`,
    needsLines: false,
    countsBroken: false,
    isFlat: true,
    lines: async (_path, raws) => raws.map(() => undefined),
    broken: async () => undefined,
  };
}

/** The type with a text in the place of each decimal, which JSON would round. */
function textType(type: DataType): string {
  if (typeof type === "string") return duckdbType(type);
  switch (type.kind) {
    case "decimal":
      return "varchar";
    case "array":
      return `${textType(type.element)}[]`;
    case "map":
      return `map(${textType(type.key)}, ${textType(type.value)})`;
    case "struct":
      return `struct(${type.fields.map(({ name, type: of }) => `${quoteName(name)} ${textType(of)}`).join(", ")})`;
  }
}
