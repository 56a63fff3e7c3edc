/** DuckDB as the engine: embedded, in process, all cores, spilling to disk. */

import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { openProcessFolder } from "../storage/process-folder.ts";
import type { Engine } from "./engine.ts";
import type { DuckDBOptions } from "./session.ts";

/** Begins the name of a temporary folder: what spilled, and is of no use once its process is dead. */
const PREFIX = "millrace-engine-";

/** Opens an empty database in memory. `close` frees it, its other sessions and its temporary folder. */
export async function createDuckDB(options: DuckDBOptions = {}): Promise<Engine> {
  // The driver is a large binary, and most commands end without it.
  const { openSession } = await import("./session.ts");
  const tempFolder = await openProcessFolder(options.tempFolder ?? tmpdir(), PREFIX);
  try {
    return await openSession({ ...options, tempFolder });
  } catch (error) {
    rmSync(tempFolder, { recursive: true, force: true });
    throw error;
  }
}
