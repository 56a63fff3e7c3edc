/** Formats of dates and times as exact shapes: strptime alone takes blanks, one-digit months and short years. */

import { MillraceError } from "../base/error.ts";

/** What each directive must look like in the text; the calendar itself is checked by strptime. */
const SHAPES: Readonly<Record<string, string>> = {
  Y: "\\d{4}",
  y: "\\d{2}",
  m: "\\d{2}",
  d: "\\d{2}",
  H: "\\d{2}",
  I: "\\d{2}",
  M: "\\d{2}",
  S: "\\d{2}",
  f: "\\d{6}",
  g: "\\d{3}",
  n: "\\d{9}",
  j: "\\d{3}",
  p: "(?i:[AP]M)",
  b: "(?i:[a-z]{3})",
  B: "(?i:[a-z]{3,9})",
  a: "(?i:[a-z]{3})",
  A: "(?i:[a-z]{6,9})",
  z: "[+-]\\d{2}(?::?\\d{2})?",
  "-m": "\\d{1,2}",
  "-d": "\\d{1,2}",
  "-H": "\\d{1,2}",
  "-I": "\\d{1,2}",
  "-M": "\\d{1,2}",
  "-S": "\\d{1,2}",
  "-j": "\\d{1,3}",
  "%": "%",
};

/** The regular expression (RE2) that a text of this format matches as a whole. */
export function formatShape(format: string, place: string): string {
  let shape = "";
  for (const [piece, directive] of format.matchAll(/%(-?.)|[^%]|%$/gsu)) {
    if (directive === undefined && piece !== "%") {
      shape += piece.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
      continue;
    }
    const known = SHAPES[directive ?? ""];
    if (known === undefined) {
      throw new MillraceError(`${place} has the format ${JSON.stringify(format)} with "${piece}"`, {
        code: "project/bad-column",
        hint: `Known are ${Object.keys(SHAPES)
          .map((one) => `%${one}`)
          .join(" ")}.`,
      });
    }
    shape += known;
  }
  return shape;
}

/** True where the format says the offset from UTC itself. */
export function hasZone(format: string): boolean {
  return /%z/.test(format.replaceAll("%%", ""));
}
