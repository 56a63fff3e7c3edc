/** Millrace as `npm install` puts it on a machine: built, and without its source. */

import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The checkout that this stands in. */
export const CHECKOUT = fileURLToPath(new URL("../..", import.meta.url));

const PACKED = ["package.json", "bin", "dist", "assets"];
/** The projects that are run, as a user's own files: they import the package that lies around them. */
const PROJECTS = ["bench/project", "bench/files/order.ts"];

/** A new folder with the package, and the projects of the measurements where they stand in the checkout. */
export function installPackage(): string {
  const { status, stderr } = spawnSync(process.execPath, ["scripts/build.ts"], { cwd: CHECKOUT });
  if (status !== 0) throw new Error(`the package cannot be built: ${stderr}`);
  const folder = mkdtempSync(join(tmpdir(), "millrace-installed-"));
  for (const path of [...PACKED, ...PROJECTS])
    cpSync(join(CHECKOUT, path), join(folder, path), { recursive: true });
  symlinkSync(join(CHECKOUT, "node_modules"), join(folder, "node_modules"));
  return folder;
}
