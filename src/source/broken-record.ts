/** Records that a reader turned away, written line by line as NDJSON for the engine to read. */

import { closeSync, openSync, writeSync } from "node:fs";

/** One line of the file. */
interface BrokenRecord {
  /** As messages call it. */
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  readonly raw: string;
  readonly rule: string;
  readonly message: string;
}

export interface BrokenRecordWriter {
  add(record: BrokenRecord): void;
  close(): WrittenRecords;
}

export interface WrittenRecords {
  readonly count: number;
  /** Of the longest line. */
  readonly longestBytes: number;
}

const FLUSH_CHARACTERS = 1 << 20;
/** A longer text is cut, so that one line cannot fill the memory of whoever reads the quarantine. */
const MOST_RAW_CHARACTERS = 16 * 2 ** 20;

/** Writes at once and not in the background: whoever walks a file cannot wait. */
export function openBrokenRecords(path: string): BrokenRecordWriter {
  const file = openSync(path, "wx");
  let waiting: string[] = [];
  let length = 0;
  let count = 0;
  let longestBytes = 0;
  const flush = (): void => {
    if (waiting.length > 0) writeSync(file, waiting.join(""));
    waiting = [];
    length = 0;
  };
  return {
    add(record) {
      const isCut = record.raw.length > MOST_RAW_CHARACTERS;
      const whole = isCut
        ? {
            ...record,
            raw: record.raw.slice(0, MOST_RAW_CHARACTERS),
            message: `${record.message} (its text is cut)`,
          }
        : record;
      const text = `${JSON.stringify(whole)}\n`;
      waiting.push(text);
      length += text.length;
      count += 1;
      longestBytes = Math.max(longestBytes, Buffer.byteLength(text));
      if (length > FLUSH_CHARACTERS) flush();
    },
    close() {
      flush();
      closeSync(file);
      return { count, longestBytes };
    },
  };
}
