/** Damage of every kind, by chance: to bytes, to lines of JSON, to values within. */

import type { Chance } from "../../proof/random.ts";

/** Damaged bytes, and in words what was done. */
export interface Damage {
  readonly bytes: Uint8Array;
  readonly what: string;
}

type Act = (bytes: Buffer, chance: Chance) => Buffer;

const BYTE_ACTS: Readonly<Record<string, Act>> = {
  "a bit flipped": (bytes, chance) => {
    const copy = Buffer.from(bytes);
    const at = chance.below(Math.max(1, copy.length));
    copy[at] = (copy[at] ?? 0) ^ (1 << chance.below(8));
    return copy;
  },
  "many bits flipped": (bytes, chance) => {
    const copy = Buffer.from(bytes);
    for (let left = 1 + chance.below(64); left > 0; left -= 1) {
      const at = chance.below(Math.max(1, copy.length));
      copy[at] = (copy[at] ?? 0) ^ (1 << chance.below(8));
    }
    return copy;
  },
  "cut off": (bytes, chance) => bytes.subarray(0, chance.below(bytes.length + 1)),
  "its beginning cut off": (bytes, chance) => bytes.subarray(chance.below(bytes.length + 1)),
  "a piece taken out": (bytes, chance) => {
    const [from, to] = twoPlaces(bytes, chance);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  },
  "a piece doubled": (bytes, chance) => {
    const [from, to] = twoPlaces(bytes, chance);
    return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)]);
  },
  "a piece of zeros": (bytes, chance) => {
    const [from, to] = twoPlaces(bytes, chance);
    return Buffer.from(bytes).fill(0, from, to);
  },
  "a piece of noise": (bytes, chance) => {
    const [from, to] = twoPlaces(bytes, chance);
    const copy = Buffer.from(bytes);
    for (let at = from; at < to; at += 1) copy[at] = chance.below(256);
    return copy;
  },
  "two halves swapped": (bytes, chance) => {
    const at = chance.below(bytes.length + 1);
    return Buffer.concat([bytes.subarray(at), bytes.subarray(0, at)]);
  },
  "the largest numbers at its end": (bytes) => {
    const copy = Buffer.from(bytes);
    return copy.fill(0xff, Math.max(0, copy.length - 16), Math.max(0, copy.length - 8));
  },
};

export function damageBytes(bytes: Uint8Array, chance: Chance): Damage {
  const [what, act] = chance.of(Object.entries(BYTE_ACTS));
  return { bytes: act(Buffer.from(bytes), chance), what };
}

/** Lines of JSON with whole lines, or one value in one of them, made wrong. */
export function damageLines(bytes: Uint8Array, chance: Chance): Damage {
  const lines = Buffer.from(bytes).toString().trimEnd().split("\n");
  const at = chance.below(lines.length);
  const line = lines[at] ?? "";
  const done = (changed: readonly string[], what: string): Damage => ({
    bytes: Buffer.from(`${changed.join("\n")}\n`),
    what: `${what} in line ${at + 1}`,
  });
  switch (chance.below(8)) {
    case 0:
      return done(lines.toSpliced(at, 1), "no line");
    case 1:
      return done(lines.toSpliced(at, 0, line), "a line twice");
    case 2:
      return done(lines.toReversed(), "lines backwards");
    case 3:
      return done(lines.with(at, chance.of(ODD_LINES)()), "an odd line");
    default: {
      const { text, what } = damageValue(line, chance);
      return done(lines.with(at, text), what);
    }
  }
}

const DEPTH = 200_000;
const MANY = 100_000;

const ODD_LINES: readonly (() => string)[] = [
  () => "[".repeat(DEPTH),
  () => `${"[".repeat(DEPTH)}${"]".repeat(DEPTH)}`,
  () => `{"add":${'{"a":'.repeat(DEPTH)}1${"}".repeat(DEPTH)}}`,
  () => "null",
  () => "1",
  () => '"add"',
  () => "{}",
  () => "{",
  () => '{"add":null}',
  () => '{"add":[]}',
  () => '{"add":{}}',
  () => '{"remove":{"path":1}}',
  () => '{"__proto__":{"add":1}}',
  () => '{"metaData":{"id":"x","schemaString":"{}"}}',
  () => '{"protocol":{"minReaderVersion":1e400,"minWriterVersion":-1}}',
  () => `{"unknown":"${"x".repeat(MANY)}"}`,
  () => "\u0000",
  () => "\ufeff{}",
];

/** Values as texts of JSON, so that numbers of any size can be written. */
const ODD_VALUES: readonly (() => string)[] = [
  () => "null",
  () => "true",
  () => "false",
  () => "0",
  () => "-1",
  () => "0.5",
  () => "1e308",
  () => "1e400",
  () => "-1e400",
  () => "9223372036854775807",
  () => "9223372036854775808",
  () => "9".repeat(400),
  () => "4294967296",
  () => '""',
  () => '"x"',
  () => '"../../../etc/passwd"',
  () => '"\\u0000"',
  () => '"\\ud800"',
  () => '"NaN"',
  () => '"9223372036854775808"',
  () => '"-999999999-01-01T00:00:00Z"',
  () => JSON.stringify("long".repeat(MANY)),
  () => "[]",
  () => "{}",
  () => "[[]]",
  () => `[${"0,".repeat(MANY)}0]`,
  () => `{${Array.from({ length: MANY }, (_, index) => `"k${index}":0`).join(",")}}`,
  () => `${"[".repeat(DEPTH)}${"]".repeat(DEPTH)}`,
  () => `${'{"a":'.repeat(DEPTH)}1${"}".repeat(DEPTH)}`,
  () => JSON.stringify(`{"type":"struct","fields":${"[".repeat(DEPTH)}`),
  () => JSON.stringify(deepType(20_000)),
  () => '{"type":"struct","fields":[]}',
  () =>
    '"{\\"type\\":\\"struct\\",\\"fields\\":[{\\"name\\":\\"id\\",\\"type\\":\\"decimal(99,-5)\\"}]}"',
  () =>
    '"{\\"numRecords\\":-5,\\"minValues\\":{\\"id\\":{\\"id\\":1}},\\"nullCount\\":{\\"id\\":1e30}}"',
];

function deepType(depth: number): string {
  const open = '{"type":"array","containsNull":true,"elementType":';
  const list = `${open.repeat(depth)}"long"${"}".repeat(depth)}`;
  return `{"type":"struct","fields":[{"name":"id","nullable":true,"metadata":{},"type":${list}}]}`;
}

/** One value somewhere in the line replaced, taken out, or put under another name. */
function damageValue(line: string, chance: Chance): { text: string; what: string } {
  const mark = "\u0001damage\u0001";
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { text: chance.of(ODD_LINES)(), what: "an odd line" };
  }
  const places: { holder: Record<string, unknown>; key: string }[] = [];
  const collect = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    for (const key of Object.keys(node)) {
      const holder = node as Record<string, unknown>;
      places.push({ holder, key });
      collect(holder[key]);
    }
  };
  collect(value);
  if (places.length === 0) return { text: chance.of(ODD_LINES)(), what: "an odd line" };
  const { holder, key } = chance.of(places);
  if (chance.oneIn(6)) {
    delete holder[key];
    return { text: JSON.stringify(value), what: `no "${key}"` };
  }
  if (chance.oneIn(8)) {
    holder[`${key}x`] = holder[key];
    delete holder[key];
    return { text: JSON.stringify(value), what: `"${key}" under another name` };
  }
  const odd = chance.of(ODD_VALUES)();
  holder[key] = mark;
  const text = JSON.stringify(value).replace(JSON.stringify(mark), () => odd);
  return { text, what: `${odd.slice(0, 60)} as "${key}"` };
}

function twoPlaces(bytes: Uint8Array, chance: Chance): [number, number] {
  const from = chance.below(bytes.length + 1);
  return [from, from + chance.below(bytes.length - from + 1)];
}
