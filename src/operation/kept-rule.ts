/** Holding rows that are staged already against the rules of their table. */

import type { Layout } from "../delta/table-spec.ts";
import type { Engine } from "../engine/engine.ts";
import type { WrittenFile } from "../schema/table-files.ts";
import { guardOf } from "./guard.ts";
import { relationOfStaged } from "./staged-file.ts";

/**
 * Reads the files once more where the table has rules, and no file where it has none. Resolves to
 * the rules that all rows keep, for `Change.kept`; a row that breaks one is `operation/rule-broken`.
 */
export async function keptRules(
  engine: Engine,
  folder: string,
  layout: Layout,
  files: readonly WrittenFile[],
): Promise<readonly string[]> {
  const guard = await guardOf(engine, { folder, ...layout });
  const query = `SELECT * FROM ${relationOfStaged(engine, layout, files)}`;
  const guarded = guard.wrap(query);
  if (guarded !== query && files.length > 0) {
    // Every column is asked for, so that no rule is left out as if it did not matter.
    await guard.watch(() => engine.rows(`SELECT count(*) FROM (${guarded})`));
  }
  return guard.kept;
}
