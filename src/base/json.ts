/** JSON that loses no digit: 64-bit integers arrive as bigint and leave as numbers. */

/** What `JSON.parse` tells a reviver about the text a primitive came from, and `JSON.rawJSON`; not in TypeScript's library yet. */
interface SourceText {
  readonly source?: string;
}
type Reviver = (this: unknown, key: string, value: unknown, context: SourceText) => unknown;
interface LosslessJson {
  parse(text: string, reviver?: Reviver): unknown;
  rawJSON(text: string): unknown;
}
const json = JSON as unknown as LosslessJson;

/** A text without so many digits in a row cannot hold an integer beyond 2^53, and parses four times as fast without a reviver. */
const LONG_NUMBER = /\d{16}/;
const INTEGER = /^-?\d+$/;

export type JsonObject = Readonly<Record<string, unknown>>;

/** True for `{ ... }`; not for null, lists and plain values. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Parses JSON; integers that a `number` cannot hold exactly become `bigint`, all other numbers are `number`. Throws SyntaxError. */
export function parseJson(text: string): unknown {
  return LONG_NUMBER.test(text) ? json.parse(text, keepLongIntegers) : json.parse(text);
}

/** Parses JSON with every number left as the text it was written in, for values whose type is known elsewhere. */
export function parseJsonWithNumbersAsText(text: string): unknown {
  return json.parse(text, (_key, value, { source }) =>
    typeof value === "number" && source !== undefined ? source : value,
  );
}

/** Parses JSON so that `renderJson` gives every number back with the digits it was written in. */
export function parseJsonExactly(text: string): unknown {
  return json.parse(text, (_key, value, { source }) =>
    typeof value === "number" && source !== undefined ? json.rawJSON(source) : value,
  );
}

/** Renders JSON on one line; `bigint` becomes a number with all its digits. `undefined` members are left out. */
export function renderJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    typeof member === "bigint" ? json.rawJSON(member.toString()) : member,
  );
}

/** A number given as text, to be rendered with exactly these digits. Throws SyntaxError where it is not a JSON number. */
export function exactNumber(text: string): unknown {
  return json.rawJSON(text);
}

function keepLongIntegers(_key: string, value: unknown, { source }: SourceText): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  return source !== undefined && INTEGER.test(source) ? BigInt(source) : value;
}
