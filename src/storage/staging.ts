/** Staging folders of a local storage. */

import * as fs from "node:fs/promises";
import { join } from "node:path";
import { openProcessFolder } from "./process-folder.ts";
import type { Staging } from "./storage.ts";

/** The folder below the root that holds them; never part of a listing. */
export const STAGING = ".staging";

/** Makes an empty folder beside the data and removes what dead processes left behind. */
export async function openLocalStaging(home: string): Promise<Staging> {
  const parent = join(home, STAGING);
  const folder = await openProcessFolder(parent);
  return {
    folder,
    close: () => fs.rm(folder, { recursive: true, force: true }),
  };
}
