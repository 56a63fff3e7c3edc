/** A storage whose files carry the time of a test's clock, as if all had been written when it says. */

import type { Clock } from "../../src/base/clock.ts";
import type { Storage, StoredFile } from "../../src/storage/storage.ts";

export function timedStorage(storage: Storage, clock: Clock): Storage {
  const times = new Map<string, Date>();
  const now = (path: string): void => {
    times.set(path, clock.now());
  };
  const timed = (file: StoredFile): StoredFile => ({
    ...file,
    modified: times.get(file.path) ?? file.modified,
  });
  return {
    ...storage,
    list: async function* (...args) {
      for await (const file of storage.list(...args)) yield timed(file);
    },
    create: async (path, bytes) => {
      const isCreated = await storage.create(path, bytes);
      if (isCreated) now(path);
      return isCreated;
    },
    replace: async (path, bytes) => {
      await storage.replace(path, bytes);
      now(path);
    },
    adopt: async (file, path) => {
      await storage.adopt(file, path);
      now(path);
    },
    forWork: (signal) => timedStorage(storage.forWork(signal), clock),
  };
}
