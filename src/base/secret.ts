/** Secrets in texts: each occurrence of one is replaced, in whatever writing SQL, JSON or a URL give it. */

const HIDDEN = "***";

/** Shorter ones are hidden only where they stand alone: they would blot out half of every other text, and be guessed from it. */
const SHORTEST_WITHIN = 4;

/** Of what is made of a secret: a folder called `data` is a word like any other. */
const SHORTEST_FOLDER = 8;

/** A letter or a digit, which makes one word with those beside it. */
const WORDLY = "[\\p{L}\\p{N}]";

let last: { readonly key: string; readonly pattern: RegExp } | undefined;

/**
 * The text with `***` for every secret. Where a secret is a path or a URL, also for the folder before its first
 * wildcard and for its password. An empty secret is none.
 */
export function hideSecrets(text: string, secrets: readonly string[]): string {
  if (secrets.length === 0) return text;
  const key = JSON.stringify(secrets);
  if (last?.key !== key) last = { key, pattern: patternOf(secrets) };
  return text.replace(last.pattern, HIDDEN);
}

function patternOf(secrets: readonly string[]): RegExp {
  const parts = new Map<string, string>();
  for (const secret of secrets.flatMap((one) => [one, one.trim()]).filter((one) => one !== "")) {
    parts.set(secret, anywhere(secret));
    for (const part of partsOf(secret)) if (!parts.has(part)) parts.set(part, alone(part));
  }
  // The longest first: one secret may be part of another.
  const sorted = [...parts].toSorted(([a], [b]) => b.length - a.length);
  return new RegExp(sorted.map(([, pattern]) => pattern).join("|") || "(?!)", "gu");
}

/** What else gives a secret away: errors name the folders in which files are looked for, and not the pattern. */
function partsOf(secret: string): string[] {
  const wild = secret.search(/[*?[{]/);
  const path = wild < 0 ? secret : secret.slice(0, secret.lastIndexOf("/", wild) + 1);
  const folder = path.replace(/^(?:\.\/)+/, "").replace(/\/+$/, "");
  const password = /^[a-z][a-z0-9+.-]*:\/\/[^/?#@]*?:([^/?#]+)@/i.exec(secret)?.[1] ?? "";
  return [
    ...(folder !== secret && folder.length >= SHORTEST_FOLDER ? [folder] : []),
    ...(password === "" ? [] : [password, decoded(password)]),
  ];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function anywhere(secret: string): string {
  return secret.length < SHORTEST_WITHIN ? alone(secret) : writings(secret);
}

function alone(secret: string): string {
  const before = new RegExp(`^${WORDLY}`, "u").test(secret) ? `(?<!${WORDLY})` : "";
  const after = new RegExp(`${WORDLY}$`, "u").test(secret) ? `(?!${WORDLY})` : "";
  return `${before}${writings(secret)}${after}`;
}

/** Matches the text with each character as it is or in a writing of its own. */
function writings(text: string): string {
  return Array.from(text, (character) => {
    const forms = new Set([
      character,
      JSON.stringify(character).slice(1, -1),
      ...(character === "'" || character === '"' ? [character + character] : []),
      ...(character === " " ? ["+"] : []),
    ]);
    // The longest first, so that nothing of a character is left behind.
    const plain = [...forms].toSorted((a, b) => b.length - a.length).map(escaped);
    return `(?:${[encoded(character), ...plain].join("|")})`;
  }).join("");
}

/** `%C3%A9`, in upper or lower case. */
function encoded(character: string): string {
  const hex = Buffer.from(character).toString("hex").toUpperCase();
  return hex.replace(/../g, "%$&").replace(/[A-F]/g, (digit) => `[${digit}${digit.toLowerCase()}]`);
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
