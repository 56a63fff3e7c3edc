/** Cuts SQL text into what is code and what is not (strings, quoted names, comments), so that nothing inside a string is taken for a name. */

export interface Token {
  readonly kind: "code" | "string" | "name" | "comment";
  readonly text: string;
}

const PIECE =
  /(?<comment>--[^\n]*|\/\*[\s\S]*?(?:\*\/|$))|(?<string>[eE]?'(?:[^']|'')*(?:'|$)|(?<tag>\$(?:[A-Za-z_]\w*)?\$)[\s\S]*?(?:\k<tag>|$))|(?<name>"(?:[^"]|"")*(?:"|$))/g;

/** The tokens in order; their texts joined give the input. */
export function tokens(text: string): Token[] {
  const found: Token[] = [];
  let end = 0;
  for (const match of text.matchAll(PIECE)) {
    if (match.index > end) found.push({ kind: "code", text: text.slice(end, match.index) });
    const { comment, string } = match.groups ?? {};
    const kind = comment !== undefined ? "comment" : string !== undefined ? "string" : "name";
    found.push({ kind, text: match[0] });
    end = match.index + match[0].length;
  }
  if (end < text.length) found.push({ kind: "code", text: text.slice(end) });
  return found;
}

/** The bare and quoted names in a piece of SQL, in lower case and without quotes: what it may refer to. */
export function namesIn(text: string): Set<string> {
  const names = tokens(text).flatMap(({ kind, text: piece }) => {
    if (kind === "name") return [piece.slice(1, -1).replaceAll('""', '"')];
    return kind === "code" ? (piece.match(/[\p{L}_][\p{L}\p{N}_]*/gu) ?? []) : [];
  });
  return new Set(names.map((name) => name.toLowerCase()));
}
