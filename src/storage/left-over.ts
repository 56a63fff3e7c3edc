/** Temporary files beside the ones they become, and the removal of those that a killed process left. */

import { randomUUID } from "node:crypto";
import * as fs from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** Longer names would not fit once the rest is added. */
const LONGEST_PART = 160;

const NAME = /^\..+\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;

/** Such a file is there for as long as its bytes are written. Should its writer still live after so long, it is told that the file is gone. */
const LONGEST_LIFE_MS = 60 * 60 * 1000;

/** A name nobody uses for a file that is not finished; never listed. */
export function temporaryBeside(target: string): string {
  const part = basename(target).slice(0, LONGEST_PART);
  return join(dirname(target), `.${part}.${randomUUID()}.tmp`);
}

/** Removes the old ones that stand directly in the folder, as far as that can be done. */
export async function removeLeftOvers(folder: string): Promise<void> {
  const names = await fs.readdir(folder).catch(() => []);
  for (const name of names.filter((each) => NAME.test(each))) {
    const file = join(folder, name);
    const found = await fs.stat(file).catch(() => undefined);
    if (found === undefined || Date.now() - found.mtimeMs < LONGEST_LIFE_MS) continue;
    await fs.rm(file, { force: true }).catch(() => {});
  }
}
