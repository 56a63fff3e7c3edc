/**
 * Copies on this machine of files that lie elsewhere and never change, shared by all processes of a person.
 *
 * - `objects/` holds the copies, each under a name that stands for its content.
 * - `in-use/` holds a folder for each process. A copy that a process may read has a second name there, a hard link:
 *   the bytes stay until the last name goes, so nobody needs a lock to evict, and no reader is ever evicted under.
 *   Links of dead processes go when another process opens its folder.
 * - A copy is made in the process's own folder, used from there at once, and shared when its bytes are on the disk, so
 *   that a power cut leaves no torn copy under a good name.
 * - Beyond the bound the copies that were used longest ago go, but for those in use.
 */

import { randomUUID } from "node:crypto";
import * as fs from "node:fs/promises";
import { dirname, join } from "node:path";
import { systemCodeOf } from "../../base/error.ts";
import { flushFile } from "../durable.ts";
import { openProcessFolder } from "../process-folder.ts";
import { type Evictor, openEvictor } from "./evict.ts";

export interface FileCache {
  /** Holds the copy, made by `fetch` where there is none; asked for at once by many it is fetched once. Whoever holds it releases it. */
  hold(name: string, fetch: Fetch, signal?: AbortSignal): Promise<Held>;
  /** Takes over a local file as the copy; where that cannot be, the file is only removed. */
  take(name: string, localFile: string): Promise<void>;
  /** Lets go of every copy; waits until what was fetched is shared. */
  close(): Promise<void>;
}

export interface Held {
  readonly path: string;
  release(): Promise<void>;
}

/** Makes the file `to`, whole and right. The signal aborts when nobody waits for it any more. */
export type Fetch = (to: string, signal: AbortSignal) => Promise<void>;

interface Copy {
  readonly path: string;
  readonly ready: Promise<void>;
  readonly controller: AbortController;
  shared?: Promise<void>;
  users: number;
}

export function openFileCache(folder: string, limitBytes: number): FileCache {
  const objects = join(folder, "objects");
  const evictor = openEvictor(objects, limitBytes);
  const copies = new Map<string, Copy>();
  const unfinished = new Set<Promise<void>>();
  let own: Promise<string> | undefined;
  const ownFolder = (): Promise<string> => {
    own ??= openOwn(join(folder, "in-use")).catch((error: unknown) => {
      own = undefined;
      throw error;
    });
    return own;
  };
  const place = (name: string): string => join(objects, name.slice(0, 2), name);
  const track = (work: Promise<void>): Promise<void> => {
    // What fails here costs a transfer later on, and nothing else.
    const tracked = work.catch(() => {}).finally(() => unfinished.delete(tracked));
    unfinished.add(tracked);
    return tracked;
  };
  const share = (file: string, name: string): Promise<void> =>
    track(publish(file, place(name), evictor));
  /** Where the disk is full, the copies of others make room for this one. */
  const withRoom = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (!["ENOSPC", "EDQUOT", "storage/full"].includes(systemCodeOf(error) ?? "")) throw error;
      await evictor.empty();
      await work();
    }
  };
  const begin = (name: string, mine: string, fetch: Fetch): Copy => {
    const controller = new AbortController();
    const path = join(mine, `${randomUUID()}-${name}`);
    const make = async (): Promise<void> => {
      if (await borrow(place(name), path)) return;
      const part = `${path}.part`;
      try {
        await withRoom(() => fetch(part, controller.signal));
        await fs.rename(part, path);
      } catch (error) {
        if (copies.get(name) === copy) copies.delete(name);
        await fs.rm(part, { force: true });
        throw error;
      }
      copy.shared = share(path, name);
    };
    const copy: Copy = { path, ready: make(), controller, users: 0 };
    copies.set(name, copy);
    return copy;
  };
  const release = async (name: string, copy: Copy): Promise<void> => {
    copy.users -= 1;
    if (copy.users > 0) return;
    if (copies.get(name) === copy) copies.delete(name);
    copy.controller.abort();
    await copy.ready.catch(() => {});
    const remove = (): Promise<void> => fs.rm(copy.path, { force: true });
    if (copy.shared === undefined) await remove();
    else track(copy.shared.then(remove));
  };
  return {
    async hold(name, fetch, signal) {
      const mine = await ownFolder();
      signal?.throwIfAborted();
      const copy = copies.get(name) ?? begin(name, mine, fetch);
      copy.users += 1;
      try {
        await unlessAborted(copy.ready, signal);
      } catch (error) {
        await release(name, copy);
        throw error;
      }
      let isHeld = true;
      return {
        path: copy.path,
        release: async () => {
          if (isHeld) await release(name, copy);
          isHeld = false;
        },
      };
    },
    async take(name, localFile) {
      const path = join(await ownFolder(), `${randomUUID()}-${name}`);
      try {
        await fs.rename(localFile, path);
      } catch (error) {
        if (systemCodeOf(error) !== "EXDEV") throw error;
        await fs.rm(localFile);
        return;
      }
      track(share(path, name).then(() => fs.rm(path, { force: true })));
    },
    async close() {
      for (const { controller } of copies.values()) controller.abort();
      await Promise.allSettled([...copies.values()].map(({ ready }) => ready));
      copies.clear();
      while (unfinished.size > 0) await Promise.all(unfinished);
      if (own !== undefined) await fs.rm(await own, { recursive: true, force: true });
      own = undefined;
      await evictor.trim();
    },
  };
}

async function openOwn(parent: string): Promise<string> {
  await fs.mkdir(parent, { recursive: true, mode: 0o700 });
  return openProcessFolder(parent);
}

/** Gives the shared copy a second name; false where there is none. */
async function borrow(shared: string, path: string): Promise<boolean> {
  try {
    await fs.link(shared, path);
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return false;
    throw error;
  }
  const now = new Date();
  await fs.utimes(path, now, now).catch(() => {});
  return true;
}

async function publish(file: string, shared: string, evictor: Evictor): Promise<void> {
  await flushFile(file);
  await fs.mkdir(dirname(shared), { recursive: true, mode: 0o700 });
  try {
    await fs.link(file, shared);
  } catch (error) {
    // Another process was as quick; its copy is the same.
    if (systemCodeOf(error) === "EEXIST") return;
    throw error;
  }
  const { size } = await fs.stat(file);
  await evictor.added(size);
}

async function unlessAborted(work: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return work;
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  try {
    await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
