/** delta-rs, the Delta library of Rust and Python. */

import type { Part } from "./part.ts";
import { pythonWith, scriptPath } from "./python.ts";
import { startWorker } from "./worker.ts";

export const deltaRs: Part = {
  tests: "test-stack/lake/**/*.test.ts",
  async start() {
    const python = await pythonWith("delta-readers", "requirements.txt");
    const { socket, stop } = await startWorker("delta-rs", [python, scriptPath("delta_rs.py")]);
    return { env: { MILLRACE_STACK_DELTA_RS: socket }, stop };
  },
};
