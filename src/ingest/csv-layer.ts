/** The raw layer over fields of CSV, `~c0` ..., in the file's own order. */

import { quoteText } from "../sql/quote.ts";
import type { ReadColumn } from "./condition.ts";
import type { RawLayer } from "./contract.ts";
import { type InputFile, positionsOf, type Records, UNPACKED_LINE } from "./records.ts";

export interface CsvLayerInput {
  /** Of the header. */
  readonly names: readonly string[];
  readonly files: readonly InputFile[];
  readonly read: readonly ReadColumn[];
}

export interface CsvLayers extends Pick<Records, "files" | "again" | "rawJson"> {
  readonly columns: readonly string[];
  /** Over a relation of `columns`, `~file`, `~line` and `~place`. */
  layer(from: string): RawLayer;
}

export function csvLayers({ names, files, read }: CsvLayerInput): CsvLayers {
  const columns = names.map((_, index) => `"~c${index}"`);
  const positions = positionsOf(files);
  const taken = read.map(({ path }, at) => {
    const index = names.indexOf(path);
    return `${index === -1 ? "null::varchar" : columns[index]} as "~r${at}"`;
  });
  const layer = (from: string): RawLayer => ({
    relation: `(select *, ${taken.join(", ") || "1"} from ${from})`,
    ...positions,
  });
  const unpacked = columns.map((column, index) => `"~carried".raw[${index + 1}] as ${column}`);
  const members = names.map((name, index) => `${quoteText(name)}, ${columns[index]}`);
  return {
    files,
    columns,
    layer,
    again: (from) =>
      layer(`(select *, ${[...unpacked, ...UNPACKED_LINE].join(", ")} from ${from})`),
    rawJson: `json_object(${members.join(", ")})::varchar`,
  };
}
