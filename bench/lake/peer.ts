/** Other readers of Delta tables, run by Python: DuckDB's extension and delta-rs, as the tests of the stack have them. */

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { pythonWith } from "../../scripts/stack/python.ts";

/** Runs a script of this folder to its end and reads the JSON that it says. */
export type Peer = (script: string, args: readonly string[]) => Promise<unknown>;

/** Undefined, and a word about it, where Python or its packages cannot be had: then Millrace is measured alone. */
export async function findPeer(say: (line: string) => void): Promise<Peer | undefined> {
  let python: string;
  try {
    python = await pythonWith("delta-readers", "requirements.txt");
  } catch (error) {
    say(`without peers: ${String(error).split("\n")[0]}`);
    return undefined;
  }
  return async (script, args) => {
    const command = [join(import.meta.dirname, script), ...args];
    const { stdout } = await promisify(execFile)(python, ["-W", "ignore", ...command]);
    return JSON.parse(stdout) as unknown;
  };
}
