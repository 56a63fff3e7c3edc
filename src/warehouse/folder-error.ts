/** What the failures of a person's folder mean, and what to do. */

import { MillraceError, messageOf, systemCodeOf } from "../base/error.ts";

interface Failure {
  readonly code: string;
  readonly what: string;
  readonly hint: string;
  readonly retryable?: boolean;
}

const FULL: Failure = {
  code: "warehouse/full",
  what: "the disk or the quota is full",
  hint: "Free space, then run again: an older file of that name is unchanged.",
  retryable: true,
};
const NOT_WRITABLE: Failure = {
  code: "warehouse/not-writable",
  what: "this user may not write there, or it is mounted read-only",
  hint: "Check the owner, the mode and the mount of the folder, or choose another one.",
};
const NOT_A_FOLDER: Failure = {
  code: "warehouse/not-a-folder",
  what: "a file stands where a folder should be",
  hint: "Choose another folder, or move the file away.",
};

const FAILURES: Readonly<Record<string, Failure>> = {
  ENOSPC: FULL,
  EDQUOT: FULL,
  EFBIG: FULL,
  EACCES: NOT_WRITABLE,
  EPERM: NOT_WRITABLE,
  EROFS: NOT_WRITABLE,
  ENOTDIR: NOT_A_FOLDER,
  EEXIST: NOT_A_FOLDER,
};

/** The error to throw for what stopped a file; what the engine says of the query passes as it is. */
export function folderError(
  error: unknown,
  { folder, file }: { readonly folder: string; readonly file: string },
): unknown {
  const failure = failureOf(error);
  if (failure === undefined) return error;
  const { code, what, hint, retryable = false } = failure;
  const message = `Could not write ${file} into ${folder}: ${what}.`;
  return new MillraceError(message, { code, hint, retryable, cause: error });
}

function failureOf(error: unknown): Failure | undefined {
  // The engine writes the file, and tells a full disk by a code of its own, or in words.
  if (/no space left|disk quota exceeded|file too large/i.test(messageOf(error))) return FULL;
  if (error instanceof MillraceError) return undefined;
  return FAILURES[systemCodeOf(error) ?? ""];
}
