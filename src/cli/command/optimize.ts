/** `millrace optimize`: lays the files of a table together. */

import { parseSize } from "../../base/size.ts";
import type { Command } from "../context.ts";
import { withTables } from "../place.ts";
import { plural, sizeText } from "../quantity.ts";
import { readAddress } from "../table-name.ts";

export const command: Command = async (context) => {
  const { output, args, stop } = context;
  const [text = ""] = args.positionals;
  const table = readAddress(text);
  const [target, where, columns] = ["target", "where", "z-order"].map((name) => args.text(name));
  const options = {
    ...(target === undefined ? {} : { targetBytes: parseSize(target) }),
    ...(where === undefined ? {} : { where }),
    purge: args.has("purge"),
    ...(columns === undefined
      ? {}
      : { zOrderBy: columns.split(",").map((column) => column.trim()) }),
  };
  const done = await withTables(context, async (place) => {
    const { optimizeTable } = await import("../../run/maintenance.ts");
    return optimizeTable({ place, signal: stop.signal }, table, options);
  });
  if (output.isJson) {
    await output.document({
      table: text,
      version: done.version,
      commits: done.commits,
      files_added: done.filesAdded,
      files_removed: done.filesRemoved,
      bytes_added: done.bytesAdded,
      bytes_removed: done.bytesRemoved,
      deletion_vectors_removed: done.vectorsRemoved,
    });
    return 0;
  }
  const { commits, filesAdded, filesRemoved, bytesAdded, bytesRemoved, version } = done;
  await output.result(
    commits === 0
      ? `${text} has no files that are worth laying together.\n`
      : `${plural(filesRemoved, "file")} of ${text} (${sizeText(bytesRemoved)}) became ${filesAdded} (${sizeText(bytesAdded)}); it is at version ${version}.\n`,
  );
  return 0;
};
