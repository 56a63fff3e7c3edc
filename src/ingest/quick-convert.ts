/**
 * The strict conversion of a text at a lower price, for many texts of which nearly all are right: a lenient cast, and
 * two tests of whether its value is the one that `convert` gives. The first is cheap and passes over some that are
 * right, such as `007` or `12:30`; the second is exact and looks at the shape. A number that is written back as the
 * text that came is right, and a time whose text has a known layout, byte by byte.
 */

import { duckdbType } from "../engine/type.ts";
import type { ColumnType } from "../schema/column.ts";
import { dataType } from "../schema/column-type.ts";
import { quoteText } from "../sql/quote.ts";
import { convert, shapeOf } from "./convert.ts";

export interface QuickConversion {
  /** SQL of the value; where no test holds it may be anything. */
  readonly value: string;
  /** SQL over the value by its name: true only where `convert` gives it, and not everywhere; may be null. */
  isSurelyExact(value: string): string;
  /** True where `convert` gives it, false or null elsewhere. */
  isExact(value: string): string;
}

const DIGIT = "[0-9]";
const SECONDS = "????-??-?[0-9][T ][0-2]?:??:?";
/** Layouts of a local time by their bytes: what else the cast would take in these places has another length or year. */
const TIME_LAYOUTS: ReadonlyMap<number, string> = new Map([
  [19, `${SECONDS}${DIGIT}`],
  [23, `${SECONDS}?.${DIGIT.repeat(3)}`],
  [26, `${SECONDS}?.${DIGIT.repeat(6)}`],
]);

export function quickConvert(type: ColumnType, x: string): QuickConversion {
  const shape = shapeOf(type);
  const cast = `try_cast(${x} as ${duckdbType(dataType(type))})`;
  const of = (
    isSurelyExact: (value: string) => string,
    isExact = (value: string): string => `(${value} is not null and ${hasShape(x, shape)})`,
  ): QuickConversion => ({ value: cast, isSurelyExact, isExact });
  const isSame = (value: string): string => `${value}::varchar = ${x}`;
  switch (type.kind) {
    case "integer":
    case "bigint":
      return of(isSame);
    case "decimal":
      // Without digits before the point the engine writes `.5`.
      if (type.precision === type.scale) break;
      return of(isSame);
    case "float": {
      const isExact = (value: string): string => `(${hasShape(x, shape)} and isfinite(${value}))`;
      return of(isExact, isExact);
    }
    case "date":
      if (type.formats.length > 0) break;
      return of(
        (value) =>
          `(strlen(${x}) = 10 and ${x} glob '????-??-?[0-9]' and ${value} >= date '1000-01-01')`,
      );
    case "local timestamp":
      if (type.formats.length > 0) break;
      // The cast takes 24:00:00 for the day after.
      return of(
        (value) =>
          `(${value} >= timestamp '1000-01-01' and ${hasTimeLayout(x)} and ${x} not like '___________24%')`,
      );
    default:
  }
  const isThere = (value: string): string => `${value} is not null`;
  return { value: convert(type, x), isSurelyExact: isThere, isExact: isThere };
}

function hasShape(x: string, shape: string | undefined): string {
  return `regexp_full_match(${x}, ${quoteText(shape ?? "")})`;
}

function hasTimeLayout(x: string): string {
  const layouts = [...TIME_LAYOUTS].map(
    ([bytes, layout]) => `when ${bytes} then ${x} glob ${quoteText(layout)}`,
  );
  return `case strlen(${x}) ${layouts.join(" ")} end`;
}
