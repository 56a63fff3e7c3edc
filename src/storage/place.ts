/** Places of lakes and files as people write them: folders of this machine, and `s3://bucket/prefix`. */

import { resolve } from "node:path";
import { MillraceError } from "../base/error.ts";

export interface ObjectPlace {
  readonly bucket: string;
  /** Without slashes at its ends; empty for the whole bucket. */
  readonly prefix: string;
}

/** True for `s3://...`, and for the names that Hadoop has for it. */
export function isObjectPlace(text: string): boolean {
  return /^s3[an]?:\/\//i.test(text);
}

/** Throws `storage/bad-place` where the text names no bucket. */
export function parseObjectPlace(text: string): ObjectPlace {
  const [, bucket = "", rest = ""] = /^s3[an]?:\/\/([^/]*)\/?(.*)$/is.exec(text) ?? [];
  const prefix = rest.split("/").filter((part) => part !== "");
  const isGood = /^[a-z0-9][a-z0-9._-]{1,253}[a-z0-9]$/i.test(bucket);
  if (!isGood || prefix.some((part) => part === "." || part === "..")) {
    // What stands before an @ would be a key and a secret.
    const shown = text.includes("@") ? "That" : JSON.stringify(text);
    throw new MillraceError(`${shown} names no place in a bucket`, {
      code: "storage/bad-place",
      hint: "Write s3://bucket/prefix, such as s3://my-bucket/lake. Keys and secrets belong into the environment.",
    });
  }
  return { bucket, prefix: prefix.join("/") };
}

/** One text for one place, however it was written. */
export function renderObjectPlace({ bucket, prefix }: ObjectPlace): string {
  return prefix === "" ? `s3://${bucket}` : `s3://${bucket}/${prefix}`;
}

/** One text for each place of a lake: an absolute path, or `s3://bucket/prefix`. */
export function resolvePlace(text: string, folder: string): string {
  if (isObjectPlace(text)) return renderObjectPlace(parseObjectPlace(text));
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(text)) {
    throw new MillraceError(`The lake ${text} is in no place that Millrace knows`, {
      code: "project/bad-lake",
      hint: "Give a folder, or s3://bucket/prefix.",
    });
  }
  return resolve(folder, text);
}
