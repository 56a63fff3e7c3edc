/** DuckDB with its own Delta extension. */

import type { Part } from "./part.ts";
import { pythonWith, scriptPath } from "./python.ts";
import { startWorker } from "./worker.ts";

export const duckdbDelta: Part = {
  tests: "test-stack/lake/**/*.test.ts",
  async start() {
    const python = await pythonWith("delta-readers", "requirements.txt");
    const script = scriptPath("duckdb_delta.py");
    const { socket, stop } = await startWorker("duckdb-delta", [python, script]);
    return { env: { MILLRACE_STACK_DUCKDB_DELTA: socket }, stop };
  },
};
