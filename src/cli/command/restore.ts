/** `millrace restore`: makes a table what it was at a version. */

import { MillraceError } from "../../base/error.ts";
import { readAt } from "../at.ts";
import type { Command } from "../context.ts";
import { withTables } from "../place.ts";
import { plural } from "../quantity.ts";
import { readAddress } from "../table-name.ts";

export const command: Command = async (context) => {
  const { output, args, stop } = context;
  const [text = ""] = args.positionals;
  const table = readAddress(text);
  const at = await readAt(args, text);
  if (at === undefined) {
    throw new MillraceError("millrace restore needs the version to go back to", {
      code: "cli/missing-option",
      hint: `millrace restore ${text} --version 3; \`millrace history ${text}\` lists them.`,
    });
  }
  const done = await withTables(context, async (place) => {
    const { restoreTable } = await import("../../run/maintenance.ts");
    return restoreTable({ place, signal: stop.signal }, table, at);
  });
  const { version, restoredVersion, filesAdded, filesRemoved } = done;
  if (output.isJson) {
    await output.document({
      table: text,
      version,
      restored_version: restoredVersion,
      files_added: filesAdded,
      files_removed: filesRemoved,
      bytes_added: done.bytesAdded,
      bytes_removed: done.bytesRemoved,
    });
    return 0;
  }
  await output.result(
    `${text} is what it was at version ${restoredVersion}: version ${version}, by which ${plural(filesAdded, "file")} came back and ${filesRemoved} went.\n`,
  );
  return 0;
};
