/** Names of tables as people write them on the command line. */

import { MillraceError } from "../base/error.ts";

/** Quotes as SQL wants them are taken off: `quarantine."bronze.orders"` is quarantine.bronze.orders. */
export function checkName(text: string): string {
  const name = text.replace(/"((?:[^"]|"")*)"/g, (_, inner: string) => inner.replaceAll('""', '"'));
  if (/^[^.]+\.[^.]/.test(name)) return name;
  throw new MillraceError(`${JSON.stringify(text)} is no name of a table`, {
    code: "cli/bad-value",
    hint: "Write schema and table: bronze.orders. `millrace tables` lists them.",
  });
}
