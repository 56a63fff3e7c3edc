/** An unpacked copy of a compressed file, byte by byte. */

import { randomUUID } from "node:crypto";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { type ReadOptions, readContent } from "./content.ts";

/** The path of the copy in the folder; memory for one piece is enough. */
export async function stageContent(
  path: string,
  folder: string,
  options: ReadOptions,
): Promise<string> {
  const target = join(folder, `content-${randomUUID()}`);
  const file = await open(target, "wx");
  try {
    for await (const piece of readContent(path, options)) await file.writeFile(piece);
  } finally {
    await file.close();
  }
  return target;
}
