/** Patterns of paths as regular expressions: `*`, `?`, `**`, `[..]`, `{a,b}`; names that begin with a dot only where the pattern names them. */

/** True where the text is no plain path. Brackets and braces stand in names as well. */
export function hasWildcard(text: string): boolean {
  return /[*?[{]/.test(text);
}

/** What every match begins with: the text before the first wildcard. */
export function literalStart(pattern: string): string {
  return pattern.slice(0, Math.max(0, pattern.search(/[*?[{]|$/)));
}

/** Matches whole paths with `/` between folders. */
export function globExpression(pattern: string): RegExp {
  return new RegExp(`^${sourceOf(pattern)}$`, "su");
}

const NOT_HIDDEN = "(?!\\.)";

function sourceOf(pattern: string): string {
  let source = "";
  let at = 0;
  while (at < pattern.length) {
    const isFirst = at === 0 || pattern[at - 1] === "/";
    const guard = isFirst ? NOT_HIDDEN : "";
    const [token, made] = tokenAt(pattern, at, guard);
    source += made;
    at += token.length;
  }
  return source;
}

/** The piece of the pattern that begins at a place, and the expression for it. */
function tokenAt(pattern: string, at: number, guard: string): readonly [string, string] {
  const rest = pattern.slice(at);
  const folders = guard !== "" && /^\*\*(\/|$)/.exec(rest)?.[0];
  if (folders === "**/") return [folders, `(?:${NOT_HIDDEN}[^/]+/)*`];
  if (folders === "**") return [folders, `(?:${NOT_HIDDEN}[^/]+/)*${NOT_HIDDEN}[^/]+`];
  const stars = /^\*+/.exec(rest)?.[0];
  if (stars !== undefined) return [stars, `${guard}[^/]*`];
  if (rest.startsWith("?")) return ["?", `${guard}[^/]`];
  const [range, not, inside] = /^\[([!^]?)(\]?[^\]/]*)\]/.exec(rest) ?? [];
  if (range !== undefined && inside !== "") {
    const escaped = (inside ?? "").replace(/[\\\][&]/g, "\\$&");
    return [range, `${guard}[${not ? "^/" : ""}${escaped}]`];
  }
  const [braces, choices] = /^\{([^{}]*,[^{}]*)\}/.exec(rest) ?? [];
  if (braces !== undefined) {
    return [braces, `(?:${(choices ?? "").split(",").map(sourceOf).join("|")})`];
  }
  const [character = ""] = rest;
  return [character, character.replace(/[\\^$.*+?()[\]{}|/]/, "\\$&")];
}
