/** DuckDB as the engine: embedded, in process, all cores, spilling to disk. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Engine } from "./engine.ts";
import type { DuckDBOptions } from "./session.ts";

/** Opens an empty database in memory. `close` frees it, its other sessions and its temporary folder. */
export async function createDuckDB(options: DuckDBOptions = {}): Promise<Engine> {
  // The driver is a large binary, and most commands end without it.
  const { openSession } = await import("./session.ts");
  const tempFolder = mkdtempSync(join(options.tempFolder ?? tmpdir(), "millrace-engine-"));
  try {
    return await openSession({ ...options, tempFolder });
  } catch (error) {
    rmSync(tempFolder, { recursive: true, force: true });
    throw error;
  }
}
