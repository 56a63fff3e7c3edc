/** All that a change of rows is made of, before a file is written. */

import type { AddFile } from "../delta/action.ts";
import type { WrittenFile } from "../schema/table-files.ts";
import type { Edits } from "./edit.ts";
import type { Guard } from "./guard.ts";
import type { Target } from "./target.ts";

export interface EditPlan {
  readonly target: Target;
  readonly edits: Edits;
  /** Files of the table, none of the target, all of whose rows go; nobody looked into them. */
  readonly dropped: readonly AddFile[];
  /** Rows to add: a query over the table's own names, or staged files of the table that keep every rule. */
  readonly inserts: string | readonly WrittenFile[] | undefined;
  /** True where no file of the new version may hold a deleted row: none is hidden by a deletion vector. */
  readonly leavesNone?: boolean;
  /** Of all rows in new files. */
  readonly guard: Guard;
  /** Of the rows to add, where more is demanded of them. */
  readonly insertGuard?: Guard;
}
