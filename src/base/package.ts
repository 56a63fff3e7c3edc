/** Where the package lies, for what it ships beside its code: the code itself is put together anew when it is packed. */

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const isSource = import.meta.url.endsWith(".ts");
const FOLDER = findFolder(dirname(fileURLToPath(import.meta.url)));

function findFolder(below: string): string {
  const above = dirname(below);
  return above === below || existsSync(join(below, "package.json")) ? below : findFolder(above);
}

/** A file that the package ships: `assets/font/Roboto-Medium.ttf`. */
export function packagePath(path: string): string {
  return join(FOLDER, path);
}

/** A module that is loaded by its address, by its path in `src/` without an ending. Each is an entry of `scripts/build.ts`. */
export function moduleUrl(path: string): URL {
  return pathToFileURL(packagePath(isSource ? `src/${path}.ts` : `dist/${path}.js`));
}
