/** The checksum of a JSON object by its canonical form, as the protocol defines it for `_last_checkpoint`. */

import { createHash } from "node:crypto";
import { isJsonObject, type JsonObject } from "../base/json.ts";

/** MD5 in hexadecimal digits; a member `checksum` of the object itself does not count. */
export function jsonChecksum({ checksum: _, ...value }: JsonObject): string {
  return createHash("md5").update(canonicalForm(value)).digest("hex");
}

/** Every leaf as `path=value`, in the order of the paths' bytes. */
function canonicalForm(value: JsonObject): string {
  return leavesOf(value)
    .map(({ path, text }) => ({ path: Buffer.from(path), text: `${path}=${text}` }))
    .toSorted((left, right) => Buffer.compare(left.path, right.path))
    .map(({ text }) => text)
    .join(",");
}

interface Leaf {
  readonly path: string;
  readonly text: string;
}

function leavesOf(value: unknown, path = ""): Leaf[] {
  if (value === undefined) return [];
  const below = (name: string) => (path === "" ? name : `${path}+${name}`);
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => leavesOf(item, below(String(index))));
  }
  if (isJsonObject(value)) {
    return Object.entries(value).flatMap(([name, item]) => leavesOf(item, below(quoted(name))));
  }
  return [{ path, text: typeof value === "string" ? quoted(value) : String(value) }];
}

function quoted(text: string): string {
  const encoded = encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `"${encoded}"`;
}
