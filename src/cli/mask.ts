/** Secrets in what is shown: every one is replaced by `***`. */

import { hideSecrets } from "../base/secret.ts";

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
    text: (text) => hideSecrets(text, secrets()),
    json: (text) => {
      const known = secrets();
      if (known.length === 0) return text;
      return text.replace(STRING, (whole, inner: string, colon?: string) =>
        colon === undefined ? JSON.stringify(hideSecrets(JSON.parse(`"${inner}"`), known)) : whole,
      );
    },
  };
}
