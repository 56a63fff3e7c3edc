/**
 * Secrets taken out of texts that are kept for people. Where a text is JSON, also JSON that is cut off, the values of
 * secret fields are replaced and every other character stays. From where it is no JSON the structure cannot be
 * trusted: then everything goes from the first secret name on, or at once where a secret stood before.
 */

export const MASK = "***";

export interface Secrets {
  readonly isEmpty: boolean;
  /** Whether a field is one, in any case of letters. */
  has(name: string): boolean;
  /** Where the first name begins in a text of any form, also with escapes or bytes of another encoding between; -1 where none. */
  find(text: string): number;
}

export function secretsOf(names: readonly string[]): Secrets {
  const known = new Set(names.map((name) => name.toLowerCase()));
  const patterns = names.filter((name) => name !== "").map(loosePattern);
  const anywhere = patterns.length === 0 ? undefined : new RegExp(patterns.join("|"), "i");
  return {
    isEmpty: known.size === 0,
    has: (name) => known.has(name.toLowerCase()),
    find: (text) => (anywhere === undefined ? -1 : text.search(anywhere)),
  };
}

/** The text with the values of secret fields at every depth replaced, also inside of texts that are JSON themselves. */
export function redactJson(text: string, secrets: Secrets): string {
  const kept: string[] = [];
  let copied = 0;
  const replace = (from: number, to: number, by: string): void => {
    kept.push(text.slice(copied, from), by);
    copied = to;
  };
  const open: ("}" | "]")[] = [];
  let expected: "value" | "key" | "colon" | "next" = "value";
  let isSecret = false;
  let hasSecret = false;
  let at = 0;
  /** Where the last text or scalar began that was taken for a value. */
  let last = 0;
  for (;;) {
    at = skipBlanks(text, at);
    const one = text[at];
    if (one === undefined) break;
    const closing = open.at(-1);
    // Documents may follow each other.
    if (expected === "next" && closing === undefined && (one === "{" || one === "["))
      expected = "value";
    const mayClose =
      expected === "next" || expected === "key" || (expected === "value" && closing === "]");
    if (one === closing && mayClose) {
      open.pop();
      expected = "next";
      at += 1;
    } else if (expected === "next" && one === ",") {
      expected = closing === "}" ? "key" : "value";
      at += 1;
    } else if (expected === "colon" && one === ":") {
      expected = "value";
      at += 1;
    } else if (expected === "key" && one === '"') {
      const end = stringEnd(text, at);
      const token = text.slice(at, end);
      const name = decoded(token);
      isSecret = name === undefined ? secrets.find(token) >= 0 : secrets.has(name);
      expected = "colon";
      at = end;
    } else if (expected === "value" && isSecret) {
      const end = valueEnd(text, at);
      replace(at, end, `"${MASK}"`);
      hasSecret = true;
      isSecret = false;
      expected = "next";
      at = end;
    } else if (expected === "value" && (one === "{" || one === "[")) {
      open.push(one === "{" ? "}" : "]");
      expected = one === "{" ? "key" : "value";
      at += 1;
    } else if (expected === "value" && one === '"') {
      const end = stringEnd(text, at);
      last = at;
      const inside = redactString(text.slice(at, end), secrets);
      if (inside !== undefined) replace(at, end, inside);
      expected = "next";
      at = end;
    } else if (expected === "value" && isScalar(one)) {
      last = at;
      at = scalarEnd(text, at);
      expected = "next";
    } else {
      const from = hasSecret || isSecret ? at : Math.max(last, copied);
      const next = hasSecret || isSecret ? 0 : secrets.find(text.slice(from));
      if (next >= 0) replace(from + next, text.length, MASK);
      break;
    }
  }
  return copied === 0 ? text : kept.join("") + text.slice(copied);
}

/** The text of a JSON string anew where it holds JSON with a secret; undefined where it may stay. */
function redactString(token: string, secrets: Secrets): string | undefined {
  if (!/^"(?:\s|\\[nrt])*(?:[{[]|\\u00[57]b)/i.test(token)) return undefined;
  const text = decoded(token);
  if (text === undefined) return secrets.find(token) < 0 ? undefined : `"${MASK}"`;
  const redacted = redactJson(text, secrets);
  if (redacted === text) return undefined;
  const whole = JSON.stringify(redacted);
  return isClosed(token) ? whole : whole.slice(0, -1);
}

/** What a JSON string says, also one that is cut off. */
function decoded(token: string): string | undefined {
  if (!token.includes("\\")) return token.slice(1, isClosed(token) ? -1 : undefined);
  try {
    return JSON.parse(
      isClosed(token) ? token : `${token.replace(/(?<!\\)((?:\\\\)*)\\(?:u[^\\]{0,3})?$/, "$1")}"`,
    );
  } catch {
    return undefined;
  }
}

function isClosed(token: string): boolean {
  if (token.length < 2 || !token.endsWith('"')) return false;
  const before = token.length - 1;
  let escapes = 0;
  while (token[before - 1 - escapes] === "\\") escapes += 1;
  return escapes % 2 === 0;
}

/** Behind the string that opens at `at`; the end of the text where it is cut off. */
function stringEnd(text: string, at: number): number {
  for (let end = at + 1; end < text.length; end += 1) {
    const one = text[end];
    if (one === "\\") end += 1;
    else if (one === '"') return end + 1;
  }
  return text.length;
}

/** Behind the value that begins at `at`, whatever it holds. */
function valueEnd(text: string, at: number): number {
  const first = text[at];
  if (first === '"') return stringEnd(text, at);
  if (first !== "{" && first !== "[") return Math.max(scalarEnd(text, at), at + 1);
  let depth = 0;
  for (let end = at; end < text.length; ) {
    const one = text[end];
    if (one === '"') {
      end = stringEnd(text, end);
      continue;
    }
    if (one === "{" || one === "[") depth += 1;
    if (one === "}" || one === "]") depth -= 1;
    end += 1;
    if (depth === 0) return end;
  }
  return text.length;
}

function skipBlanks(text: string, at: number): number {
  let end = at;
  while (end < text.length && " \t\r\n\ufeff".includes(text.charAt(end))) end += 1;
  return end;
}

function isScalar(one: string): boolean {
  return /[\w+.-]/.test(one);
}

function scalarEnd(text: string, at: number): number {
  let end = at;
  while (end < text.length && isScalar(text.charAt(end))) end += 1;
  return end;
}

/** Each letter as itself or as an escape, with what another encoding would leave between. */
function loosePattern(name: string): string {
  const units = Array.from({ length: name.length }, (_, index) => name.charAt(index));
  const loose = units.map((one) => {
    const codes = [...new Set([one.toLowerCase(), one.toUpperCase()])]
      .filter((letter) => letter.length === 1)
      .map((letter) => `\\\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`);
    return `(?:${[one.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&"), ...codes].join("|")})`;
  });
  return loose.join("[\\0\\ufffd]*");
}
