/** Texts inside a chart: free of what XML cannot hold, and about so wide. */

/** One line that every renderer takes: control characters and line breaks become blanks, broken surrogates U+FFFD. */
export function cleanText(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\ufffe\uffff]+/gu, " ")
    .trim();
}

/** A column's name as the name of an axis. */
export function axisName(column: string): string {
  return cleanText(column).replaceAll("_", " ");
}

/** Names for a legend: long ones end in an ellipsis, unless two would become the same. */
export function legendNames(names: readonly string[]): readonly string[] {
  const short = names.map((name) => shortText(name, 40));
  return new Set(short).size === new Set(names).size ? short : names;
}

function shortText(text: string, most: number): string {
  const characters = [...text];
  if (characters.length <= most) return text;
  return `${characters
    .slice(0, most - 1)
    .join("")
    .trimEnd()}…`;
}

/** Width of a line, near enough to choose a layout without reading a font; rather too wide than too narrow. */
export function roughWidth(text: string, sizePx: number): number {
  let ems = 0;
  for (const character of text) {
    if (/[\s.,:;'|!ijltfI\u202f]/.test(character)) ems += 0.3;
    else if (/[mwMW@%—…]/.test(character)) ems += 0.9;
    else if (/[\p{Lu}\p{N}]/u.test(character)) ems += 0.64;
    else ems += character >= "\u1100" ? 1 : 0.56;
  }
  return ems * sizePx;
}
