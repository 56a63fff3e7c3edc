/** Rows into a file, and the word about it. */

import type { Query } from "../run/query.ts";
import type { CommandContext } from "./context.ts";
import { plural, sizeText } from "./quantity.ts";

export async function exportTo(
  { output }: CommandContext,
  query: Query,
  file: string,
): Promise<void> {
  const { exportRows } = await import("../run/export.ts");
  const { rows, size } = await exportRows(query, file);
  if (output.isJson) await output.document({ file, rows, size });
  else await output.result(`${plural(rows, "row")} in ${file} (${sizeText(size)})\n`);
}
