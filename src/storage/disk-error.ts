/** What the disk's failures mean to a person: a code, the file, and what to do. */

import { MillraceError, messageOf, systemCodeOf } from "../base/error.ts";

interface Failure {
  readonly code: string;
  readonly what: string;
  readonly hint: string;
  readonly retryable?: boolean;
}

const NO_LINK: Failure = {
  code: "storage/no-atomic-create",
  what: "its file system has no hard links, so a commit cannot be made atomic there",
  hint: "Keep the lake on a local disk (ext4, xfs, btrfs, APFS, NTFS) or in S3; FUSE and some network mounts lack hard links.",
};
const FULL: Failure = {
  code: "storage/full",
  what: "the disk or the quota is full",
  hint: "Free space, then run again: nothing half-written is visible.",
  retryable: true,
};
const NOT_WRITABLE: Failure = {
  code: "storage/not-writable",
  what: "the folder or file may not be written or read by this user, or is mounted read-only",
  hint: "Check the owner, the mode and the mount of the folder.",
};
const NOT_A_FOLDER: Failure = {
  code: "storage/not-a-folder",
  what: "a file stands where a folder should be",
  hint: "Point the lake at a folder, or move the file away.",
};

const FAILURES: Readonly<Record<string, Failure>> = {
  ENOENT: {
    code: "storage/not-found",
    what: "it is not there",
    hint: "It may have been vacuumed or moved since it was listed.",
  },
  ENOSPC: FULL,
  EDQUOT: FULL,
  EROFS: NOT_WRITABLE,
  EACCES: NOT_WRITABLE,
  ENOTDIR: NOT_A_FOLDER,
  EEXIST: NOT_A_FOLDER,
  ENOSYS: NO_LINK,
  ENOTSUP: NO_LINK,
  EOPNOTSUPP: NO_LINK,
  EMLINK: NO_LINK,
  EPERM: NOT_WRITABLE,
  EISDIR: {
    code: "storage/not-a-file",
    what: "it is a folder",
    hint: "Name a file.",
  },
  ENAMETOOLONG: {
    code: "storage/bad-path",
    what: "the name is longer than the file system allows",
    hint: "Use shorter names for folders, tables and columns.",
  },
  EMFILE: {
    code: "storage/too-many-open-files",
    what: "the process holds too many open files",
    hint: "Raise the limit (ulimit -n) or run fewer steps at once.",
    retryable: true,
  },
};

/** The error to throw for what the file system threw; a MillraceError passes as it is. */
export function diskError(
  error: unknown,
  { act, path, root }: { act: string; path: string; root: string },
): MillraceError {
  if (error instanceof MillraceError) return error;
  const code = systemCodeOf(error) ?? "";
  // File systems without hard links refuse them as not permitted.
  const failure = code === "EPERM" && isAboutLink(error) ? NO_LINK : FAILURES[code];
  if (failure === undefined) {
    return new MillraceError(`Could not ${act} ${path} in ${root}: ${messageOf(error)}.`, {
      code: "storage/failed",
      hint: "The operating system refused; see the cause.",
      cause: error,
    });
  }
  const { what, hint, retryable = false } = failure;
  const message = `Could not ${act} ${path} in ${root}: ${what} (${messageOf(error)}).`;
  return new MillraceError(message, { code: failure.code, hint, retryable, cause: error });
}

function isAboutLink(error: unknown): boolean {
  return error instanceof Error && "syscall" in error && error.syscall === "link";
}
