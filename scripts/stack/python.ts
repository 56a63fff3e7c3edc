/** A Python with the packages of other engines, each at one version. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { installOnce } from "./install.ts";

/** Resolves to the Python that has what the file of requirements beside this one names. */
export async function pythonWith(name: string, requirements: string): Promise<string> {
  const list = scriptPath(requirements);
  const folder = await installOnce({
    name,
    versions: await readFile(list, "utf8"),
    install: async (into, run) => {
      await run("python3", ["-m", "venv", into]);
      await run(join(into, "bin", "python"), ["-m", "pip", "install", "--quiet", "-r", list]);
    },
  });
  return join(folder, "bin", "python");
}

/** A file of the folder `python`. */
export function scriptPath(name: string): string {
  return join(import.meta.dirname, "python", name);
}
