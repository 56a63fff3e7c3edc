/** What becomes of a file some of whose rows change. */

import type { AddFile } from "../delta/action.ts";
import { hidesRows } from "../delta/duty.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import type { TableContext } from "./context.ts";
import { CLAUSE, isOfKind } from "./edit.ts";
import type { EditPlan } from "./edit-plan.ts";
import { FILE, physicalRows, type Target } from "./target.ts";

/**
 * A file whose deletion vector would hide a greater share of its rows is written anew: reading the
 * hidden rows would cost more, again and again, than writing the others once.
 */
const LARGEST_HIDDEN_SHARE = 0.5;

/** Files to write together are gathered up to so many bytes; a larger one is written alone, so rows stay where they lay. */
const GROUP_BYTES = 128_000_000;

/** Numbers of the target's files. */
export interface Fates {
  /** All their rows are deleted. */
  readonly removed: readonly number[];
  /** They stay, and a vector hides the edited rows. */
  readonly hidden: readonly number[];
  /** They are written anew; a group's files are of one partition. */
  readonly rewritten: readonly (readonly number[])[];
  /** Rows of each touched file, deleted or not. */
  readonly rows: ReadonlyMap<number, bigint>;
  /** Rows of each touched file that are edited. */
  readonly edited: ReadonlyMap<number, number>;
}

export async function decideFates(
  context: TableContext,
  snapshot: Snapshot,
  target: Target,
  { edits: { relation, clauses }, leavesNone = false }: Pick<EditPlan, "edits" | "leavesNone">,
): Promise<Fates> {
  if (relation === undefined) {
    return { removed: [], hidden: [], rewritten: [], rows: new Map(), edited: new Map() };
  }
  const touched = await context.engine.rows(
    `SELECT ${FILE} AS file, count(*) AS edited, count(*) FILTER (${isOfKind(clauses, "delete")}) AS deleted FROM ${relation} AS edit WHERE ${CLAUSE} IS NOT NULL GROUP BY ALL ORDER BY ALL`,
  );
  const rows = await physicalRows(
    context,
    target,
    touched.map(({ file }) => Number(file)),
  );
  const mayHide = !leavesNone && hidesRows(snapshot.protocol, snapshot.metadata.configuration);
  const fates = touched.map(({ file, edited, deleted }) => {
    const number = Number(file);
    const all = Number(rows.get(number));
    const hidden = target.scan.files[number]?.deletedRows?.length ?? 0;
    const isHidden = mayHide && hidden + Number(edited) <= all * LARGEST_HIDDEN_SHARE;
    const isGone = Number(deleted) === all - hidden;
    return { number, fate: isGone ? "removed" : isHidden ? "hidden" : "rewritten" } as const;
  });
  const numbersOf = (wanted: (typeof fates)[number]["fate"]) =>
    fates.filter(({ fate }) => fate === wanted).map(({ number }) => number);
  return {
    removed: numbersOf("removed"),
    hidden: numbersOf("hidden"),
    rewritten: grouped(target.files, numbersOf("rewritten")),
    rows,
    edited: new Map(touched.map(({ file, edited }) => [Number(file), Number(edited)])),
  };
}

function grouped(files: readonly AddFile[], numbers: readonly number[]): number[][] {
  const open = new Map<string, { readonly numbers: number[]; bytes: number }>();
  const groups: number[][] = [];
  for (const number of numbers) {
    const { partitionValues = {}, size = 0 } = files[number] ?? {};
    const partition = JSON.stringify(Object.entries(partitionValues).toSorted());
    let group = open.get(partition);
    if (group === undefined || group.bytes + size > GROUP_BYTES) {
      group = { numbers: [], bytes: 0 };
      groups.push(group.numbers);
      open.set(partition, group);
    }
    group.numbers.push(number);
    group.bytes += size;
  }
  return groups;
}
