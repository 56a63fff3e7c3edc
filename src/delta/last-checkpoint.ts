/** `_last_checkpoint`: a hint where the newest checkpoint is, never trusted. */

import { systemCodeOf } from "../base/error.ts";
import { isJsonObject, parseJson, renderJson } from "../base/json.ts";
import type { Storage } from "../storage/storage.ts";
import { logFolder } from "./log-files.ts";

export interface LastCheckpoint {
  readonly version: number;
  /** Actions in the checkpoint. */
  readonly size: number;
  readonly sizeInBytes: number;
  readonly numOfAddFiles: number;
}

/** The version it names, or undefined where it is missing, broken or cut off. */
export async function readLastCheckpoint(
  storage: Storage,
  folder: string,
): Promise<number | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = await storage.read(hintPath(folder));
  } catch (error) {
    if (systemCodeOf(error) === "storage/not-found") return undefined;
    throw error;
  }
  try {
    const value = parseJson(new TextDecoder().decode(bytes));
    const version = isJsonObject(value) ? value.version : undefined;
    return typeof version === "number" && Number.isSafeInteger(version) && version >= 0
      ? version
      : undefined;
  } catch {
    return undefined;
  }
}

export async function writeLastCheckpoint(
  storage: Storage,
  folder: string,
  hint: LastCheckpoint,
): Promise<void> {
  await storage.replace(hintPath(folder), new TextEncoder().encode(renderJson(hint)));
}

function hintPath(folder: string): string {
  return `${logFolder(folder)}/_last_checkpoint`;
}
