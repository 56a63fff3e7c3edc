/** Paths inside a storage: relative, `/` between folders, and never leaving the root. */

import { MillraceError } from "../base/error.ts";

/** The path without empty and `.` segments; throws `storage/bad-path` where it is absolute, climbs out or holds a NUL. */
export function checkPath(path: string): string {
  const segments = path.split("/").filter((segment) => segment !== "" && segment !== ".");
  if (path.startsWith("/") || segments.includes("..") || path.includes("\0")) {
    throw new MillraceError(`The path ${JSON.stringify(path)} leaves the storage's root.`, {
      code: "storage/bad-path",
      hint: "Paths are relative to the root and may not hold '..' segments.",
    });
  }
  return segments.join("/");
}
