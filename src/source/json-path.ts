/** The path to the records of a JSON document: `$[*].pages[*]["item no"][0]`. */

import { MillraceError } from "../base/error.ts";

/** `key` goes into an object, `all` into every element of an array, `nth` into one. */
export type PathStep =
  | { readonly kind: "key"; readonly name: string }
  | { readonly kind: "all" }
  | { readonly kind: "nth"; readonly index: number };

const STEP = /\.([\p{L}_$][\p{L}\p{N}_$-]*)|\[("(?:[^"\\]|\\.)*")\]|\[(\*)\]|\[(\d{1,9})\]/uy;

/** Throws `source/bad-records-path` where the text is no such path. */
export function parseRecordsPath(path: string): readonly PathStep[] {
  const steps: PathStep[] = [];
  let at = path.startsWith("$") ? 1 : 0;
  while (at > 0 && at < path.length) {
    STEP.lastIndex = at;
    const match = STEP.exec(path);
    const quoted = match?.[2] === undefined ? undefined : unquote(match[2]);
    if (match === null || (match[2] !== undefined && quoted === undefined)) break;
    const [, name, , all, index] = match;
    if (all !== undefined) steps.push({ kind: "all" });
    else if (index !== undefined) steps.push({ kind: "nth", index: Number(index) });
    else steps.push({ kind: "key", name: name ?? quoted ?? "" });
    at = STEP.lastIndex;
  }
  if (at !== path.length || at === 0) {
    const place = at === 0 ? "it must begin with $" : `at "${path.slice(at)}"`;
    throw new MillraceError(`"${path}" is no path to records: ${place}`, {
      code: "source/bad-records-path",
      hint: 'Build it from $, .name, ["any name"], [*] for every element and [0] for one: $[*].pages[*].item.',
    });
  }
  return steps;
}

/** A step into an object as text, in the grammar above. */
export function renderKey(name: string): string {
  return /^[\p{L}_$][\p{L}\p{N}_$-]*$/u.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}

function unquote(literal: string): string | undefined {
  try {
    return String(JSON.parse(literal));
  } catch {
    return undefined;
  }
}
