/** `_last_checkpoint`: a hint where the newest checkpoint is, never trusted. */

import { systemCodeOf } from "../base/error.ts";
import { isJsonObject, parseJson, renderJson } from "../base/json.ts";
import type { Storage } from "../storage/storage.ts";
import { jsonChecksum } from "./json-checksum.ts";
import { logFolder } from "./log-files.ts";

export interface LastCheckpoint {
  readonly version: number;
  /** Actions in the checkpoint, those of its sidecars too. */
  readonly size: number;
  /** Of the checkpoint, its sidecars too. */
  readonly sizeInBytes: number;
  readonly numOfAddFiles: number;
  /** The file of a checkpoint that has a name of its own. */
  readonly v2Checkpoint?: {
    readonly path: string;
    readonly sizeInBytes: number;
    readonly modificationTime: number;
  };
}

/** The version it names, or undefined where it is missing, broken, cut off or changed by the way. */
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
    if (!isJsonObject(value)) return undefined;
    const { version, checksum } = value;
    if (typeof checksum === "string" && checksum !== jsonChecksum(value)) return undefined;
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
  const text = renderJson({ ...hint, checksum: jsonChecksum({ ...hint }) });
  await storage.replace(hintPath(folder), new TextEncoder().encode(text));
}

function hintPath(folder: string): string {
  return `${logFolder(folder)}/_last_checkpoint`;
}
