/** Parquet files from outside as raw records: every cell as the text that a contract judges, whatever type the file gave it. */

import { quotePath } from "../engine/path.ts";
import type { Field } from "../schema/type.ts";
import { quoteName, quoteText } from "../sql/quote.ts";
import type { RawLayer, ReadColumn } from "./contract.ts";
import { type InputFile, positionsOf, type Records } from "./records.ts";

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
      : `to_json(${column})::varchar`;
  });
  const paths = files.map(({ readPath }) => quotePath(readPath)).join(", ");
  const carried = `{'raw': [${texts.join(", ")}], 'file': filename, 'line': file_row_number + 1, 'place': null::varchar}`;
  const reader = `read_parquet([${paths}], filename = true, file_row_number = true, hive_partitioning = false)`;
  const positions = positionsOf(files);
  const again = (relation: string): RawLayer => {
    const taken = places.map(
      (index, at) => `${index < 0 ? "null::varchar" : `"~carried".raw[${index + 1}]`} as "~r${at}"`,
    );
    return { relation: `(select *, ${taken.join(", ") || "1"} from ${relation})`, ...positions };
  };
  return {
    files,
    raw: again(`(select ${carried} as "~carried" from ${reader})`),
    again,
    rawJson: `json_object(${names.map((name, index) => `${quoteText(name)}, "~carried".raw[${index + 1}]`).join(", ")})::varchar`,
    needsLines: false,
    countsBroken: false,
    lines: async (_path, raws) => raws.map(() => undefined),
    broken: async () => undefined,
  };
}
