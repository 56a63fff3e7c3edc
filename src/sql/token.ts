/** Cuts SQL text into what is code and what is not (strings, quoted names, comments), so that nothing inside a string is taken for a name. */

export interface Token {
  readonly kind: "code" | "string" | "name" | "comment";
  readonly text: string;
}

/** How a piece that is no code begins; strings and names up to their end, or that of the text. */
const PIECE =
  /(?<line>--[^\n]*)|(?<block>\/\*)|(?<string>[eE]'(?:[^'\\]|\\[\s\S]|'')*(?:'|$)|'(?:[^']|'')*(?:'|$)|(?<tag>\$(?:[\p{L}_][\p{L}\p{N}_]*)?\$)[\s\S]*?(?:\k<tag>|$))|(?<name>"(?:[^"]|"")*(?:"|$))/gu;

/** The tokens in order; their texts joined give the input. */
export function tokens(text: string): Token[] {
  const found: Token[] = [];
  const piece = new RegExp(PIECE);
  let end = 0;
  for (let match = piece.exec(text); match !== null; match = piece.exec(text)) {
    const { block, line, string } = match.groups ?? {};
    const start = match.index;
    if (start > end) found.push({ kind: "code", text: text.slice(end, start) });
    end = block === undefined ? start + match[0].length : endOfBlock(text, start);
    piece.lastIndex = end;
    const isComment = block !== undefined || line !== undefined;
    const kind = isComment ? "comment" : string === undefined ? "name" : "string";
    found.push({ kind, text: text.slice(start, end) });
  }
  if (end < text.length) found.push({ kind: "code", text: text.slice(end) });
  return found;
}

/** Block comments stand inside each other. */
function endOfBlock(text: string, start: number): number {
  const border = /\/\*|\*\//g;
  border.lastIndex = start;
  let depth = 0;
  for (let match = border.exec(text); match !== null; match = border.exec(text)) {
    depth += match[0] === "/*" ? 1 : -1;
    if (depth === 0) return border.lastIndex;
  }
  return text.length;
}

/** The bare and quoted names in a piece of SQL, in lower case and without quotes: what it may refer to. */
export function namesIn(text: string): Set<string> {
  const names = tokens(text).flatMap(({ kind, text: piece }) => {
    if (kind === "name") return [piece.slice(1, -1).replaceAll('""', '"')];
    return kind === "code" ? (piece.match(/[\p{L}_][\p{L}\p{N}_]*/gu) ?? []) : [];
  });
  return new Set(names.map((name) => name.toLowerCase()));
}
