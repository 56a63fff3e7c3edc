/** Exact checks of what a person gives: an unknown option or a wrong value is named, with the nearest allowed one. */

import { MillraceError } from "./error.ts";
import { nearestWord, suggestWord } from "./suggest.ts";

/** Throws where the value is not allowed; `name` is the option as messages call it. */
export type OptionCheck = (value: unknown, name: string) => unknown;
export type OptionChecks<Options> = { readonly [Name in keyof Options]-?: OptionCheck };

/** The options, frozen, when every one is known and right; undefined ones are left out. */
export function checkOptions<Options extends object>(
  builder: string,
  how: Options,
  checks: OptionChecks<Options>,
): Options {
  if (typeof how !== "object" || how === null || Array.isArray(how)) {
    throw new MillraceError(`The options of ${builder} are ${show(how)}`, {
      code: "project/bad-option",
      hint: "Give an object of options: { ... }.",
    });
  }
  const known = new Map<string, OptionCheck>(Object.entries(checks));
  const checked: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(how)) {
    const check = known.get(name);
    if (check === undefined) {
      throw new MillraceError(`${builder} has no option "${name}"`, {
        code: "project/unknown-option",
        hint: suggestWord(name, [...known.keys()]),
      });
    }
    if (value === undefined) continue;
    check(value, `The option ${name} of ${builder}`);
    checked[name] = Array.isArray(value) ? Object.freeze([...value]) : value;
  }
  return Object.freeze(checked) as Options;
}

/** Takes everything: the value is checked elsewhere. */
export const anything: OptionCheck = () => undefined;

export const text: OptionCheck = (value, name) => {
  if (typeof value !== "string" || value === "")
    throw wrongOption(name, value, "a text that is not empty");
};

export const textList: OptionCheck = (value, name) => {
  const isList = Array.isArray(value) && value.every((one) => typeof one === "string");
  if (!isList) throw wrongOption(name, value, "a list of texts");
};

export const truth: OptionCheck = (value, name) => {
  if (typeof value !== "boolean") throw wrongOption(name, value, "true or false");
};

export const wholeNumber: OptionCheck = (value, name) => {
  if (!Number.isSafeInteger(value) || Number(value) < 1)
    throw wrongOption(name, value, "a whole number from 1");
};

/** A value made by one of our builders: `kinds` are the kinds allowed, `made` says how to make one. */
export function made(kinds: readonly string[], wanted: string): OptionCheck {
  return (value, name) => {
    if (!kinds.includes(kindOf(value) ?? "")) throw wrongOption(name, value, wanted);
  };
}

export function oneOf(...allowed: readonly string[]): OptionCheck {
  return (value, name) => {
    if (typeof value === "string" && allowed.includes(value)) return;
    const near = typeof value === "string" ? nearestWord(value, allowed) : undefined;
    const words = allowed.map((one) => JSON.stringify(one)).join(" or ");
    throw wrongOption(
      name,
      value,
      near === undefined ? words : `${words}; did you mean "${near}"?`,
    );
  };
}

export function wrongOption(name: string, value: unknown, wanted: string): MillraceError {
  return new MillraceError(`${name} is ${show(value)}`, {
    code: "project/bad-option",
    hint: `It must be ${wanted}${wanted.endsWith("?") ? "" : "."}`,
  });
}

/** The `kind` of a value of ours, or undefined. */
export function kindOf(value: unknown): string | undefined {
  const isOurs = typeof value === "object" && value !== null && "kind" in value;
  return isOurs && typeof value.kind === "string" ? value.kind : undefined;
}

function show(value: unknown): string {
  const kind = kindOf(value);
  if (kind !== undefined) return `a ${kind}`;
  if (typeof value === "function") return "a function";
  return typeof value === "bigint"
    ? String(value)
    : (JSON.stringify(value) ?? "undefined").slice(0, 80);
}
