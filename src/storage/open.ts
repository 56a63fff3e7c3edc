/** Storages by the place that a person wrote: a folder of this machine, or a prefix in a bucket. */

import { type Crash, noCrash } from "../base/crash-point.ts";
import { localStorage } from "./local.ts";
import { isObjectPlace, parseObjectPlace } from "./place.ts";
import { s3Storage } from "./s3/open.ts";
import type { S3Options, S3Tuning } from "./s3/option.ts";
import type { Storage } from "./storage.ts";

export interface StorageOptions {
  readonly s3?: S3Options & S3Tuning;
  readonly crash?: Crash;
}

/** The AWS SDK is loaded with the first request to a bucket, and not before. */
export function openStorage(place: string, options: StorageOptions = {}): Storage {
  const { s3 = {}, crash = noCrash } = options;
  return isObjectPlace(place)
    ? s3Storage(parseObjectPlace(place), { ...s3, crash })
    : localStorage(place, { crash });
}

/** All places that one command has to do with, with what was said of object stores. */
export interface Stores {
  /** Each place is opened once. */
  open(place: string): Storage;
  /** The same places for one piece of work; see `Storage.forWork`. */
  forWork(signal?: AbortSignal): Stores;
  close(): Promise<void>;
}

export function openStores(options: StorageOptions = {}): Stores {
  return storesOver((place) => openStorage(place, options));
}

function storesOver(openPlace: (place: string) => Storage): Stores {
  const opened = new Map<string, Storage>();
  const open = (place: string): Storage => {
    const storage = opened.get(place) ?? openPlace(place);
    opened.set(place, storage);
    return storage;
  };
  return {
    open,
    forWork: (signal) => storesOver((place) => open(place).forWork(signal)),
    async close() {
      await Promise.all([...opened.values()].map((storage) => storage.close()));
      opened.clear();
    },
  };
}
