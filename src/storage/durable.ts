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

/** So often a folder may be missing that was there a moment before, as another process removes empty ones. */
const TRIES = 100;

/**
 * Makes a folder and those above it; resolves to the topmost one that it made. Node's own way tells ENOENT of a disk
 * that may only be read, and never ends where a folder is there and none can be made in it, as in /proc.
 */
export async function makeFolder(folder: string): Promise<string | undefined> {
  for (let tries = 1; ; tries += 1) {
    try {
      await fs.mkdir(folder);
      return folder;
    } catch (error) {
      const code = systemCodeOf(error);
      if (code === "EEXIST" && tries < TRIES) {
        const there = await whatIs(folder);
        if (there === "folder") return undefined;
        if (there === "nothing") continue;
      }
      const above = dirname(folder);
      if (code !== "ENOENT" || above === folder || tries === TRIES) throw error;
      const first = await makeFolder(above);
      if (first === undefined) continue;
      // Where one folder could be made another can; Node makes it again where another process was quick.
      await fs.mkdir(folder, { recursive: true });
      return first;
    }
  }
}

async function whatIs(path: string): Promise<"folder" | "nothing" | "other"> {
  try {
    return (await fs.stat(path)).isDirectory() ? "folder" : "other";
  } catch (error) {
    return systemCodeOf(error) === "ENOENT" && !(await isLink(path)) ? "nothing" : "other";
  }
}

/** One that leads nowhere is in the way of a folder, though nothing is there. */
function isLink(path: string): Promise<boolean> {
  return fs.lstat(path).then(
    (found) => found.isSymbolicLink(),
    () => false,
  );
}
