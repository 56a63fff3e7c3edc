/** Names of tables as people write them on the command line. */

import { MillraceError } from "../base/error.ts";
import type { TableAddress } from "../run/table-place.ts";
import { isTablePath } from "../schema/table.ts";

/** Quotes as SQL wants them are taken off: `quarantine."bronze.orders"` is quarantine.bronze.orders. */
export function checkName(text: string): string {
  const name = text.replace(/"((?:[^"]|"")*)"/g, (_, inner: string) => inner.replaceAll('""', '"'));
  if (/^[^.]+\.[^.]/.test(name)) return name;
  throw new MillraceError(`${JSON.stringify(text)} is no name of a table`, {
    code: "cli/bad-value",
    hint: "Write schema and table: bronze.orders. `millrace tables` lists them.",
  });
}

/** A path or an address; everything else must be a name. */
export function readAddress(text: string): TableAddress {
  if (isTablePath(text)) return { path: text };
  try {
    return { name: checkName(text) };
  } catch (cause) {
    throw new MillraceError(`${JSON.stringify(text)} is no name of a table, and no path`, {
      code: "cli/bad-value",
      hint: `Write schema and table: bronze.orders. For a folder write ./${text}`,
      cause,
    });
  }
}
