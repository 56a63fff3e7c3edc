/** Where this machine keeps copies of what lies elsewhere, unless somebody says where. */

import { homedir, platform } from "node:os";
import { join } from "node:path";

/** `environment` is the process's, where it may be looked at: it can name the folder on every system. */
export function cacheFolder(
  environment: Readonly<Record<string, string | undefined>> = {},
): string {
  const { MILLRACE_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = environment;
  if (MILLRACE_CACHE) return join(MILLRACE_CACHE, "lake");
  if (XDG_CACHE_HOME) return join(XDG_CACHE_HOME, "millrace", "lake");
  if (platform() === "darwin") return join(homedir(), "Library", "Caches", "millrace", "lake");
  if (platform() === "win32")
    return join(LOCALAPPDATA ?? join(homedir(), "AppData", "Local"), "millrace", "cache", "lake");
  return join(homedir(), ".cache", "millrace", "lake");
}
