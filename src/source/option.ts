/** Exact checks of what a person gives a source: an unknown option or a wrong value is named, with the nearest allowed one. */

import { MillraceError } from "../base/error.ts";
import { nearestWord, suggestWord } from "../base/suggest.ts";

/** Throws where the value is not allowed; `name` is the option as messages call it. */
export type OptionCheck = (value: unknown, name: string) => unknown;
export type OptionChecks<Options> = { readonly [Name in keyof Options]-?: OptionCheck };

/** The options, frozen with the lists in them, when every one is known and right; undefined ones are left out. */
export function checkOptions<Options extends object>(
  builder: string,
  how: Options,
  checks: OptionChecks<Options>,
): Options {
  if (typeof how !== "object" || how === null || Array.isArray(how)) {
    throw new MillraceError(`The options of ${builder}() are ${JSON.stringify(how)}`, {
      code: "source/bad-option",
      hint: 'Give an object such as { settle: "10 s" }.',
    });
  }
  const known = new Map<string, OptionCheck>(Object.entries(checks));
  const checked: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(how)) {
    const check = known.get(name);
    if (check === undefined) {
      throw new MillraceError(`${builder}() has no option "${name}"`, {
        code: "source/unknown-option",
        hint: suggestWord(name, [...known.keys()]),
      });
    }
    if (value === undefined) continue;
    check(value, `The option ${name} of ${builder}()`);
    checked[name] = Array.isArray(value) ? Object.freeze([...value]) : value;
  }
  return Object.freeze(checked) as Options;
}

export function text(value: unknown, name: string): string {
  if (typeof value !== "string" || value === "")
    throw wrong(name, value, "a text that is not empty");
  return value;
}

export function textList(value: unknown, name: string): void {
  if (!Array.isArray(value) || !value.every((one) => typeof one === "string")) {
    throw wrong(name, value, "a list of texts");
  }
}

export function truth(value: unknown, name: string): void {
  if (typeof value !== "boolean") throw wrong(name, value, "true or false");
}

export function wholeNumber(value: unknown, name: string): void {
  if (!Number.isSafeInteger(value) || Number(value) < 1)
    throw wrong(name, value, "a whole number from 1");
}

export function oneOf(...allowed: readonly string[]): OptionCheck {
  return (value, name) => {
    if (typeof value === "string" && allowed.includes(value)) return;
    const nearest = typeof value === "string" ? nearestWord(value, allowed) : undefined;
    const list = allowed.map((one) => JSON.stringify(one)).join(" or ");
    throw wrong(name, value, nearest === undefined ? list : `${list}; did you mean "${nearest}"?`);
  };
}

function wrong(name: string, value: unknown, wanted: string): MillraceError {
  return new MillraceError(`${name} is ${JSON.stringify(value)}`, {
    code: "source/bad-option",
    hint: `It must be ${wanted}${wanted.endsWith("?") ? "" : "."}`,
  });
}
