/** How CSV lines pass the sieve: field by field, in the file's order. */

import type { SieveColumn } from "../source/sieve/column.ts";
import type { ReadColumn } from "./condition.ts";
import { heldCsvRecords } from "./csv-held.ts";
import type { CsvShape } from "./csv-shape.ts";
import type { InputFile, Records, Sieve } from "./records.ts";
import { sieveColumn } from "./sieve-demand.ts";
import { takenAs, typeOf } from "./sieve-kind.ts";

/** A mark that might stand inside of a number or a time cuts it in two for the sieve. */
const MARK = /^[^0-9A-Za-z+\-.:\s]$|^\t$/;
/** Of a chunk of rows each column takes some room. */
const MOST_COLUMNS = 512;
const UNREAD: SieveColumn = { is: { kind: "text" }, optional: true, name: "", isRead: false };

export interface CsvSieveInput {
  readonly shape: CsvShape;
  readonly read: readonly ReadColumn[];
  readonly files: readonly InputFile[];
  /** Records of files with this shape. */
  readonly records: (files: readonly InputFile[]) => Records;
}

/**
 * Undefined where a line is not cut by two plain marks, where the number of a line might mean null, or where a line has
 * one field alone, so that a blank one is a record.
 */
export function csvSieve({ shape, read, files, records }: CsvSieveInput): Sieve | undefined {
  const { names, headerLine, options } = shape;
  const dialect = { delimiter: options.delimiter ?? ",", quote: options.quote ?? '"' };
  const nulls = (options.nulls ?? []).filter((text) => text !== "");
  const isPlain = [dialect.delimiter, dialect.quote].every((mark) => MARK.test(mark));
  const places = read.map(({ path }) => names.indexOf(path));
  const found = places.filter((place) => place !== -1);
  const isOnce = new Set(found).size === found.length;
  // A number that means null would take the place from the line with that number.
  const isNumberNull = nulls.some((text) => /^[1-9]\d*$/.test(text));
  if (
    !files.every((file) => isWhole(file, options)) ||
    isNumberNull ||
    !isPlain ||
    !isOnce ||
    names.length < 2 ||
    names.length > MOST_COLUMNS ||
    dialect.delimiter === dialect.quote
  )
    return undefined;
  return {
    headerLines: options.header === false ? 0 : headerLine,
    through: (demands, extra) => {
      if (extra === "keep" && !names.every((_, index) => places.includes(index))) return undefined;
      const columns = names.map((name, index): SieveColumn => {
        const at = places.indexOf(index);
        const column = read[at];
        if (column === undefined) return UNREAD;
        const { optional } = column.definition;
        return sieveColumn({ name, optional, isRead: true }, demands[at]);
      });
      const taken = places.map((index, at) =>
        index === -1
          ? `null::${typeOf(read[at]?.definition, demands[at])}`
          : takenAs(index, read[at]?.definition, demands[at]),
      );
      return { dialect: { format: "csv", ...dialect, nulls }, columns, taken };
    },
    held: (parts) => heldCsvRecords(parts, { shape, read }),
    odd: records,
  };
}

/** What the engine's reader alone knows how to turn away, or to pass over where the first record begins. */
function isWhole({ removed, inspection }: InputFile, { header }: CsvShape["options"]): boolean {
  const hasMark = header === false && inspection.hasBom;
  return removed === undefined && inspection.invalidUtf8 === undefined && !hasMark;
}
