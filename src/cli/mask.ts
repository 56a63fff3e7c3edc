/** Secrets in what is shown: every one is replaced by `***`. */

export interface Mask {
  /** Any text. */
  text(text: string): string;
  /** JSON: names and numbers stay, so that it is JSON still. */
  json(text: string): string;
}

/** A string, and the colon behind it where it is a name. */
const STRING = /"((?:[^"\\]|\\.)*)"(\s*:)?/g;

/** `secrets` is asked each time: values become known as they are used. */
export function createMask(secrets: () => readonly string[]): Mask {
  return {
    text: (text) => replaced(text, secrets()),
    json: (text) => {
      const known = secrets();
      if (known.length === 0) return text;
      return text.replace(STRING, (whole, inner: string, colon?: string) =>
        colon === undefined ? JSON.stringify(replaced(JSON.parse(`"${inner}"`), known)) : whole,
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
