/**
 * Loaded into a process before all else (`node --import`): when the process ends, writes what it used into the file
 * that MILLRACE_BENCH_USAGE names. It stays loaded where Node replaces itself by another Node.
 */

import { readFileSync, writeFileSync } from "node:fs";

const target = process.env.MILLRACE_BENCH_USAGE;

if (target !== undefined) {
  process.on("exit", () => {
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
    const usage = {
      userMs: userCPUTime / 1000,
      systemMs: systemCPUTime / 1000,
      // Where Linux says so, of this program alone: the other number begins with what its parent once held.
      peakBytes: highWaterBytes() ?? maxRSS * 1024,
    };
    writeFileSync(target, JSON.stringify(usage));
  });
}

function highWaterBytes() {
  try {
    const found = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"));
    return found === null ? undefined : Number(found[1]) * 1024;
  } catch {
    return undefined;
  }
}
