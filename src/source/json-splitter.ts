/** Follows the path to the records through a document and cuts them out, with the place where each stood. */

import { type PathStep, renderKey } from "./json-path.ts";
import type { JsonEvents, JsonKind } from "./json-scanner.ts";
import type { RecordWriter } from "./staged-records.ts";

/** A record or an object in place of one that is longer is reported without its text. */
const MAX_RECORD_BYTES = 16 * 2 ** 20;

export interface SplitOptions {
  /** Undefined: the elements of an array, or the one object. */
  readonly steps: readonly PathStep[] | undefined;
  readonly enclosingFields: readonly (readonly string[])[];
  readonly line: () => number;
  readonly writer: RecordWriter;
}

export interface JsonSplitter {
  readonly events: JsonEvents;
  /** Each piece is announced before it is scanned and closed afterwards. */
  beginPiece(piece: Buffer): void;
  endPiece(): void;
}

/** A container on the way to the records. */
interface Frame {
  readonly step: number;
  readonly place: string;
  readonly line: number;
  /** Elements seen, in an array. */
  count: number;
  /** Whether the way went on from here. */
  found: boolean;
  /** The text so far, kept until the way goes on. */
  text: Capture | undefined;
  /** Of an object that asked fields belong to. */
  readonly number: number | undefined;
  readonly asked: readonly string[];
  readonly fields: Map<string, string>;
}

interface Capture {
  readonly from: number;
  parts: Buffer[];
  bytes: number;
}

/** What is done with the value that is being passed over. */
type Task =
  | {
      readonly kind: "row";
      readonly text: Capture;
      readonly place: string;
      readonly line: number;
      readonly problem: string | undefined;
    }
  | {
      readonly kind: "field";
      readonly text: Capture;
      readonly frame: Frame;
      readonly name: string;
    };

export function splitJson({
  steps: declared,
  enclosingFields,
  line,
  writer,
}: SplitOptions): JsonSplitter {
  const frames: Frame[] = [];
  const captures = new Set<Capture>();
  let steps = declared;
  let piece: Buffer = Buffer.alloc(0);
  let pieceStart = 0;
  let name = "";
  let task: Task | undefined;
  let objects = 0;

  const capture = (at: number): Capture => {
    const made: Capture = { from: at, parts: [], bytes: 0 };
    captures.add(made);
    return made;
  };

  const cut = (capture: Capture, end: number): Buffer | undefined => {
    captures.delete(capture);
    const last = piece.subarray(Math.max(0, capture.from - pieceStart), end - pieceStart);
    if (capture.bytes + last.length > MAX_RECORD_BYTES) return undefined;
    return capture.parts.length === 0 ? last : Buffer.concat([...capture.parts, last]);
  };

  const parents = (): number[] =>
    frames.flatMap((frame) => (frame.number === undefined ? [] : [frame.number])).reverse();

  const addRow = (
    text: Buffer | undefined,
    row: { place: string; line: number; problem: string | undefined },
  ): void => {
    const problem = text === undefined ? `is longer than ${MAX_RECORD_BYTES} bytes` : row.problem;
    writer.add(text === undefined ? NOTHING : onOneLine(text), {
      ...row,
      problem,
      parents: parents(),
    });
  };

  const beginOnWay = (kind: JsonKind, at: number, step: number, place: string): boolean => {
    steps ??= kind === "array" ? [{ kind: "all" }] : [];
    const next = steps[step];
    const problem = (message: string): false => {
      task = { kind: "row", text: capture(at), place, line: line(), problem: message };
      return false;
    };
    if (next === undefined) {
      task = {
        kind: "row",
        text: capture(at),
        place,
        line: line(),
        problem: kind === "object" ? undefined : `is ${KIND_NAMES[kind]}, not an object`,
      };
      return false;
    }
    if (next.kind === "key" && kind !== "object") {
      return problem(`is ${KIND_NAMES[kind]}, not an object with ${JSON.stringify(next.name)}`);
    }
    if (next.kind !== "key" && kind === "null") return false;
    if (next.kind !== "key" && kind !== "array")
      return problem(`is ${KIND_NAMES[kind]}, not an array`);
    const level = steps.slice(step + 1).filter((later) => later.kind === "key").length;
    const asked = next.kind === "key" ? (enclosingFields[level] ?? []) : [];
    if (next.kind === "key") objects += 1;
    frames.push({
      step,
      place,
      line: line(),
      count: 0,
      found: next.kind === "all",
      text: next.kind === "all" ? undefined : capture(at),
      number: next.kind === "key" ? objects : undefined,
      asked,
      fields: new Map(),
    });
    return true;
  };

  const goOn = (frame: Frame): void => {
    frame.found = true;
    if (frame.text !== undefined) captures.delete(frame.text);
    frame.text = undefined;
  };

  const begin = (kind: JsonKind, at: number): boolean => {
    const frame = frames.at(-1);
    if (frame === undefined) return beginOnWay(kind, at, 0, "$");
    const step = steps?.[frame.step];
    if (step?.kind !== "key") {
      const index = frame.count;
      frame.count += 1;
      if (step?.kind === "nth" && step.index !== index) return false;
      goOn(frame);
      return beginOnWay(kind, at, frame.step + 1, `${frame.place}[${index}]`);
    }
    if (name === step.name) {
      const place = `${frame.place}${renderKey(name)}`;
      if (frame.found) {
        task = {
          kind: "row",
          text: capture(at),
          place,
          line: line(),
          problem: `${JSON.stringify(name)} stands twice in one object`,
        };
        return false;
      }
      goOn(frame);
      return beginOnWay(kind, at, frame.step + 1, place);
    }
    if (frame.asked.includes(name) && !frame.fields.has(name)) {
      task = { kind: "field", text: capture(at), frame, name };
    }
    return false;
  };

  const end = (at: number): void => {
    if (task === undefined) return;
    const { text, ...done } = task;
    task = undefined;
    const bytes = cut(text, at);
    if (done.kind === "row") addRow(bytes, done);
    else
      done.frame.fields.set(
        done.name,
        bytes === undefined ? "null" : onOneLine(bytes).toString("utf8"),
      );
  };

  const leave = (at: number): void => {
    const frame = frames.at(-1);
    if (frame === undefined) return;
    const text = frame.text === undefined ? undefined : cut(frame.text, at);
    const step = steps?.[frame.step];
    if (!frame.found && step !== undefined && step.kind !== "all") {
      const missing =
        step.kind === "key"
          ? `has no ${JSON.stringify(step.name)}`
          : `has no element ${step.index}`;
      frames.pop();
      addRow(text, { place: frame.place, line: frame.line, problem: missing });
    } else {
      frames.pop();
    }
    if (frame.number !== undefined && frame.asked.length > 0) {
      const fields = [...frame.fields].map(([field, value]) => `${JSON.stringify(field)}:${value}`);
      writer.addParent(frame.number, `{${fields.join(",")}}`);
    }
  };

  return {
    events: {
      begin,
      end,
      leave,
      key(next) {
        name = next;
      },
    },
    beginPiece(next) {
      pieceStart += piece.length;
      piece = next;
    },
    endPiece() {
      for (const open of captures) {
        const part = piece.subarray(Math.max(0, open.from - pieceStart));
        open.bytes += part.length;
        if (open.bytes > MAX_RECORD_BYTES) open.parts = [];
        else open.parts.push(part);
      }
    },
  };
}

const NOTHING = Buffer.from("null");

const KIND_NAMES: Readonly<Record<JsonKind, string>> = {
  object: "an object",
  array: "an array",
  text: "a text",
  number: "a number",
  boolean: "true or false",
  null: "null",
};

/** Line ends stand only between the tokens of valid JSON, so that blanks may take their place; changes the bytes. */
function onOneLine(text: Buffer): Buffer {
  for (const byte of [0x0a, 0x0d]) {
    for (let at = text.indexOf(byte); at !== -1; at = text.indexOf(byte, at + 1)) text[at] = 0x20;
  }
  return text;
}
