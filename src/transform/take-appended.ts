/** A step that adds the rows which new rows of the inputs give. */

import type { Snapshot } from "../delta/snapshot.ts";
import { layoutOf } from "../delta/table-spec.ts";
import { commit } from "../delta/write.ts";
import { relationOf } from "../lake/lake.ts";
import type { Work } from "../lake/session.ts";
import type { StepContext } from "../lake/step.ts";
import { keptRules } from "../operation/kept-rule.ts";
import type { WrittenFile } from "../schema/table-files.ts";
import type { Field } from "../schema/type.ts";
import type { Rendered } from "../sql/render.ts";
import type { Transformed } from "./asset.ts";
import { overChanges } from "./changed-row.ts";
import type { Transaction } from "./definition.ts";
import type { ChangedInput } from "./due.ts";
import { appendIncrement } from "./increment.ts";
import { judge, relationOfFiles, writeRows } from "./new-version.ts";

export interface Taking extends Work {
  readonly context: StepContext;
  readonly asset: Transformed;
  readonly changed: readonly ChangedInput[];
  /** The table as it is. */
  readonly before: Snapshot;
  readonly rendered: Rendered;
  readonly fields: readonly Field[];
}

/** What a step has found out, and how it comes into the table. */
export interface Taken {
  /** Rows that the table is given. */
  readonly rows: number;
  commit(along: {
    readonly info: Readonly<Record<string, unknown>>;
    readonly transactions: readonly Transaction[];
  }): Promise<Snapshot>;
}

/** Why the table is to be made anew after all, as only a look at the rows could tell. */
export interface Anew {
  readonly anew: string;
}

export async function takeAppended(taking: Taking): Promise<Taken> {
  const { context, asset, session, changed, before, rendered, fields } = taking;
  const { lake } = context;
  const { text } = rendered;
  const version = { layout: before, base: undefined, fields };
  const columns = (await session.describe(text)).map(({ name }) => name);
  const increment = await appendIncrement({ session, text, columns });
  const add: WrittenFile[] = [];
  await overChanges(lake, session, changed, async ({ name }) => {
    const query = await increment.rows(name);
    if (query === undefined) return;
    add.push(...(await writeRows(taking, { ...version, asset, rendered, query, linesBefore: 0 })));
  });
  const old = await relationOf(lake, before);
  const relation =
    add.length === 0
      ? old
      : `(select * from ${old} union all by name select * from ${relationOfFiles(session, version, add)})`;
  await judge({ ...version, context, session, asset, files: add, relation, before });
  const rows = add.reduce((sum, file) => sum + Number(file.rows), 0);
  return {
    rows,
    commit: async ({ info, transactions }) =>
      commit(lake.delta, before, {
        operation: "WRITE",
        parameters: { mode: "Append" },
        metrics: { numOutputRows: rows },
        add,
        kept: await keptRules(session, before.folder, layoutOf(before), add),
        transactions,
        info,
      }),
  };
}
