/** Secrets in what is shown: every one is replaced by `***`. */

export interface Mask {
  /** Any text. */
  text(text: string): string;
  /** JSON: names and numbers stay, so that it is JSON still. */
  json(text: string): string;
}

const STRING = /"(?:[^"\\]|\\.)*"(?!\s*:)/g;

/** `secrets` is asked each time: values become known as they are used. */
export function createMask(secrets: () => readonly string[]): Mask {
  return {
    text: (text) => replaced(text, secrets()),
    json: (text) => {
      const known = secrets();
      if (known.length === 0) return text;
      const quoted = known.map((secret) => JSON.stringify(secret).slice(1, -1));
      return text.replace(
        STRING,
        (token) => `"${replaced(token.slice(1, -1), [...quoted, ...known])}"`,
      );
    },
  };
}

/** The longest first: one secret may be part of another. */
function replaced(text: string, secrets: readonly string[]): string {
  return secrets
    .filter((secret) => secret !== "")
    .toSorted((a, b) => b.length - a.length)
    .reduce((shown, secret) => shown.replaceAll(secret, "***"), text);
}
