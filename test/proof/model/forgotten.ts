/** Versions whose log or files are gone, as a vacuum or a clean-up leaves them. */

import { systemCodeOf } from "../../../src/base/error.ts";

const FORGOTTEN = [
  "operation/changes-gone",
  "delta/no-such-version",
  "delta/missing-commit",
  "engine/file-missing",
  "storage/not-found",
];

export function isForgotten(error: unknown): boolean {
  return FORGOTTEN.includes(systemCodeOf(error) ?? "");
}

/** What `check` throws, but for a version that is gone. */
export async function unlessForgotten(check: () => Promise<void>): Promise<void> {
  try {
    await check();
  } catch (error) {
    if (!isForgotten(error)) throw error;
  }
}
