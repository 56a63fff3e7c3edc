/** A staging folder inside a folder that belongs to a person. */

import * as fs from "node:fs/promises";
import { join } from "node:path";
import { systemCodeOf } from "../base/error.ts";
import { openLocalStaging, STAGING } from "../storage/staging.ts";
import type { Staging } from "../storage/storage.ts";

/** Another writer that finishes may remove the empty folder in which ours is about to be made. */
export async function openOutputStaging(folder: string): Promise<Staging> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await openLocalStaging(folder);
    } catch (error) {
      if (systemCodeOf(error) !== "ENOENT" || attempt === 10) throw error;
    }
  }
}

/** Nothing of ours is left in the folder when nobody writes. */
export async function closeOutputStaging(staging: Staging, folder: string): Promise<void> {
  await staging.close();
  await fs.rmdir(join(folder, STAGING)).catch(() => {});
}
