/** `--version` and `--timestamp`: which version of a table is meant. */

import { type Arguments, checkOneOf } from "./arguments.ts";

export async function readAt(
  args: Arguments,
  table: string,
): Promise<{ readonly version?: number; readonly timestamp?: Date } | undefined> {
  checkOneOf(args, "version", "timestamp");
  const version = args.text("version");
  const timestamp = args.text("timestamp");
  if (version === undefined && timestamp === undefined) return undefined;
  const { checkTimestamp, checkVersion } = await import("../run/time-travel.ts");
  if (version !== undefined) return { version: checkVersion(version, table) };
  return { timestamp: checkTimestamp(timestamp ?? "", table) };
}
