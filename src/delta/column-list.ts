/** Columns named in a table property: `a, b.c, ` and odd names in backticks. */

const PART = /\s*(?:`((?:[^`]|``)+)`|([^\s`.,]+))\s*([.,]|$)/y;

/** Each column as its names from the outermost inwards; undefined where the text is no such list. */
export function parseColumnList(text: string): string[][] | undefined {
  if (text.trim() === "") return [];
  const columns: string[][] = [[]];
  const part = new RegExp(PART);
  while (part.lastIndex < text.length) {
    const [, quoted, plain, end] = part.exec(text) ?? [];
    const name = quoted?.replaceAll("``", "`") ?? plain;
    if (name === undefined) return undefined;
    columns.at(-1)?.push(name);
    if (end === ",") columns.push([]);
    if (end !== "" && part.lastIndex === text.length) return undefined;
  }
  return columns;
}

export function renderColumnList(columns: readonly (readonly string[])[]): string {
  return columns.map((path) => path.map(quoted).join(".")).join(",");
}

function quoted(name: string): string {
  return /^[\p{L}_][\p{L}\p{N}_]*$/u.test(name) ? name : `\`${name.replaceAll("`", "``")}\``;
}
