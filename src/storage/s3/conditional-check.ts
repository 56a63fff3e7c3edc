/**
 * Whether a store honours `If-None-Match: *`. Many that speak the protocol ignore it, or let several of those who
 * write at once win: there the second commit would silently replace the first. Found out by trying before the first
 * write to a lake, and remembered in the lake, with the store it was found of, so that a copy elsewhere is tried anew.
 */

import { randomUUID } from "node:crypto";
import { MillraceError, systemCodeOf } from "../../base/error.ts";
import { isJsonObject, parseJson, renderJson } from "../../base/json.ts";

/** The folder below the root for what is ours and no part of the lake; never listed. */
export const OWN_FOLDER = ".millrace";

const REMEMBERED = `${OWN_FOLDER}/conditional-writes.json`;
const RACERS = 8;

/** What the check does to the store. */
export interface Tried {
  /** Of the store and the bucket. */
  readonly place: string;
  readonly uri: string;
  read(path: string): Promise<Uint8Array>;
  create(path: string, bytes: Uint8Array): Promise<boolean>;
  replace(path: string, bytes: Uint8Array): Promise<void>;
  remove(path: string): Promise<void>;
}

/** Throws `storage/no-atomic-create` where commits could be lost. */
export async function checkConditionalWrites(store: Tried): Promise<void> {
  if ((await rememberedPlace(store)) === store.place) return;
  const path = `${OWN_FOLDER}/probe-${randomUUID()}`;
  const write = (text: string): Promise<boolean> =>
    store.create(path, new TextEncoder().encode(`${text} of ${path}`));
  let won: boolean[];
  let wonLate: boolean;
  try {
    const racers = Array.from({ length: RACERS }, (_, index) => write(`racer ${index}`));
    await Promise.allSettled(racers);
    won = await Promise.all(racers);
    wonLate = await write("late");
  } finally {
    await store.remove(path).catch(() => {});
  }
  const winners = won.filter(Boolean).length;
  if (winners !== 1 || wonLate) throw refused(store.uri, winners, wonLate);
  const text = renderJson({ store: store.place, honours: "If-None-Match: *" });
  await store.replace(REMEMBERED, new TextEncoder().encode(text));
}

async function rememberedPlace(store: Tried): Promise<unknown> {
  try {
    const value = parseJson(new TextDecoder().decode(await store.read(REMEMBERED)));
    return isJsonObject(value) ? value.store : undefined;
  } catch (error) {
    const isNone = systemCodeOf(error) === "storage/not-found" || error instanceof SyntaxError;
    if (isNone) return undefined;
    throw error;
  }
}

function refused(uri: string, winners: number, wonLate: boolean): MillraceError {
  const seen = wonLate
    ? "it let a write with If-None-Match: * replace an object"
    : `of ${RACERS} writes of one object with If-None-Match: * at once it let ${winners} win`;
  return new MillraceError(`The store of ${uri} is not safe for a lake: ${seen}`, {
    code: "storage/no-atomic-create",
    hint: "Two commits at once would overwrite each other. Use a store with conditional writes, such as Amazon S3, versitygw, MinIO, Ceph 19 or R2.",
  });
}
