/** Getting bytes and names onto the disk before going on. */

import * as fs from "node:fs/promises";
import { dirname } from "node:path";
import { systemCodeOf } from "../base/error.ts";

/** Writes a new file and waits until its bytes are on the disk. */
export async function writeFlushed(file: string, bytes: Uint8Array): Promise<void> {
  const handle = await fs.open(file, "wx");
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Waits until the bytes of a finished file are on the disk. */
export async function flushFile(file: string): Promise<void> {
  const handle = await fs.open(file, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Waits until the names in a folder are on the disk, where the system can do that for folders. */
export async function flushFolder(folder: string): Promise<void> {
  let handle: fs.FileHandle;
  try {
    handle = await fs.open(folder, "r");
  } catch (error) {
    // Windows cannot open folders; a folder removed meanwhile has no names to keep.
    if (["EISDIR", "EPERM", "ENOENT"].includes(systemCodeOf(error) ?? "")) return;
    throw error;
  }
  try {
    await handle.sync();
  } catch (error) {
    if (!["EINVAL", "EPERM", "ENOTSUP"].includes(systemCodeOf(error) ?? "")) throw error;
  } finally {
    await handle.close();
  }
}

/** Makes a folder and those above it; each new name is flushed, so that a power cut cannot take the folder from under a commit. */
export async function ensureFolder(folder: string, home: string): Promise<void> {
  const first = await makeFolder(folder);
  if (first === undefined) return;
  for (let at = folder; ; at = dirname(at)) {
    await flushFolder(dirname(at));
    if (at === first || at === home || at === dirname(at)) break;
  }
}

/** Makes a folder and those above it; resolves to the first that it made. What fails tells why. */
export async function makeFolder(folder: string): Promise<string | undefined> {
  try {
    return await fs.mkdir(folder, { recursive: true });
  } catch (error) {
    if (systemCodeOf(error) !== "ENOENT") throw error;
    // Node says this also of a disk that may only be read; made one by one, the folders tell.
    await makeEach(folder);
    return fs.mkdir(folder, { recursive: true });
  }
}

async function makeEach(folder: string): Promise<void> {
  try {
    await fs.mkdir(folder);
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === "EEXIST") return;
    const above = dirname(folder);
    if (code !== "ENOENT" || above === folder) throw error;
    await makeEach(above);
    await fs.mkdir(folder, { recursive: true });
  }
}
