/** What the test runner prints: a line for each file, each failure at once and in full, and the closing counts last. */

import { relative } from "node:path";
import type { EventData } from "node:test";
import type { TestEvent } from "node:test/reporters";
import { inspect } from "node:util";

export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of events) yield textOf(event);
}

function textOf({ type, data }: TestEvent): string {
  switch (type) {
    case "test:fail":
      return textOfFailure(data);
    case "test:stdout":
    case "test:stderr":
      return data.message;
    case "test:summary":
      return data.file === undefined ? closingLines(data) : lineOfFile(data.file, data);
    default:
      return "";
  }
}

/** Nothing for a test that failed only because one inside it did. */
function textOfFailure({ name, file, line, details }: EventData.TestFail): string {
  const { error } = details;
  if ("failureType" in error && error.failureType === "subtestsFailed") return "";
  const what = inspect(error.cause ?? error, { depth: 8, maxStringLength: 20_000 });
  const place = file === undefined ? "" : ` (${relative("", file)}:${line})`;
  return `\nnot ok - ${name}${place}\n${what.replace(/^/gm, "    ")}\n\n`;
}

function lineOfFile(file: string, { success, counts, duration_ms }: EventData.TestSummary): string {
  const seconds = (duration_ms / 1000).toFixed(1);
  return `${success ? "ok    " : "not ok"} ${relative("", file)}: ${counts.passed} of ${counts.tests} passed, ${seconds} s\n`;
}

function closingLines({ counts, duration_ms }: EventData.TestSummary): string {
  const { tests, passed, cancelled, skipped, todo } = counts;
  const failed = tests - passed - cancelled - skipped - todo;
  const lines = { tests, pass: passed, fail: failed, cancelled, skipped, todo, duration_ms };
  const text = Object.entries(lines).map(([name, count]) => `# ${name} ${Math.round(count)}\n`);
  return `\n${text.join("")}`;
}
