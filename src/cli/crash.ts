/** For tests of what survives a kill: the process ends itself, as by `kill -9`, at a named point. */

import { type Crash, EVERY_CRASH_POINT } from "../base/crash-point.ts";
import { MillraceError } from "../base/error.ts";
import { suggestWord } from "../base/suggest.ts";

/** `ingest/committed` or `ingest/committed:3`, the third time; undefined where nothing is asked for. */
export function parseCrash(text: string | undefined): Crash | undefined {
  if (text === undefined || text === "") return undefined;
  const [wanted = "", times = "1"] = text.split(":");
  const point = EVERY_CRASH_POINT.find((known) => known === wanted);
  const count = /^[1-9]\d*$/.test(times) ? Number(times) : undefined;
  if (point === undefined || count === undefined) {
    throw new MillraceError(`MILLRACE_CRASH_AT=${text} names no crash point`, {
      code: "cli/bad-environment",
      hint: suggestWord(wanted, EVERY_CRASH_POINT),
    });
  }
  let passed = 0;
  return (at) => {
    if (at !== point) return;
    passed += 1;
    if (passed === count) process.kill(process.pid, "SIGKILL");
  };
}
