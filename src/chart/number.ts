/** Numbers as a reader likes them: thin grouping, a true minus sign, no digits that say nothing. */

/** Narrow no-break space: groups digits in every language, and no line ends inside a number. */
const THIN = "\u202f";
const MINUS = "\u2212";

/** A measure, exact to twelve digits: `1 250`, `0.25`. */
export function exactNumber(value: number): string {
  return written(Number(value.toPrecision(12)), 4);
}

/** A number that says where, exact to twelve digits; four digits are not grouped, because they may be a year. */
export function placeNumber(value: number): string {
  return written(Number(value.toPrecision(12)), 5);
}

/** Rounded to what can be read off a chart: whole from 1,000 on, else four significant digits. */
export function roundNumber(value: number): string {
  return written(
    Math.abs(value) >= 1000
      ? Math.sign(value) * Math.round(Math.abs(value))
      : Number(value.toPrecision(4)),
    4,
  );
}

function written(value: number, groupedFrom: number): string {
  const sign = value < 0 ? MINUS : "";
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e15 || size < 1e-5)) {
    return sign + size.toExponential().replace("e+", "e").replace("e-", `e${MINUS}`);
  }
  const [whole = "", fraction] = plain(size).split(".");
  const grouped = whole.length < groupedFrom ? whole : whole.replace(/\B(?=(\d{3})+$)/g, THIN);
  return sign + (fraction === undefined ? grouped : `${grouped}.${fraction}`);
}

/** JavaScript writes small numbers with an exponent from 1e-7 on. */
function plain(size: number): string {
  const text = String(size);
  return text.includes("e") ? size.toFixed(12).replace(/0+$/, "") : text;
}
