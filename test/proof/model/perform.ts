/** Operations done to a real table, by a writer that acts on the version it last saw. */

import { MillraceError, systemCodeOf } from "../../../src/base/error.ts";
import { alterTable } from "../../../src/delta/alter/alter.ts";
import type { TableChange } from "../../../src/delta/alter/table-change.ts";
import { writeCheckpoint } from "../../../src/delta/checkpoint.ts";
import { cleanUpLog } from "../../../src/delta/clean-up.ts";
import type { Filter } from "../../../src/delta/filter.ts";
import type { Snapshot } from "../../../src/delta/snapshot.ts";
import { openSnapshot, refreshSnapshot } from "../../../src/delta/table.ts";
import { physicalColumns } from "../../../src/delta/table-spec.ts";
import { addConstraint } from "../../../src/operation/add-constraint.ts";
import type { RowChange } from "../../../src/operation/change-rows.ts";
import { deleteRows } from "../../../src/operation/delete-rows.ts";
import { mergeRows } from "../../../src/operation/merge-rows.ts";
import { optimize } from "../../../src/operation/optimize.ts";
import { overwriteWhere } from "../../../src/operation/overwrite-where.ts";
import { restore } from "../../../src/operation/restore.ts";
import { updateRows } from "../../../src/operation/update-rows.ts";
import { vacuum } from "../../../src/operation/vacuum.ts";
import { quoteName, quoteText } from "../../../src/sql/quote.ts";
import { conditionText } from "./condition.ts";
import { columnAt, widerThan } from "./expected.ts";
import { relationOf, write } from "./new-rows.ts";
import type { AddedType, Operation, Step } from "./operation.ts";
import { type Place, TABLE } from "./table.ts";

/** What became of a step: the version it made with its mark, nothing that it would mark, or why it made none. */
export type Outcome =
  | { readonly kind: "done"; readonly version: number }
  | { readonly kind: "unmarked" }
  | Failed;

interface Failed {
  readonly kind: "conflict" | "refused";
  readonly message: string;
  /** What the writer knew when it began. */
  readonly base: number;
}

/** A writer of one table. Marks each commit with its name and the number of the step, by which it is known again. */
export function openWriter(place: Place, name: string) {
  const { context } = place;
  let known: Snapshot | undefined;
  /** The newest version, by the commits since the one that is known. */
  const look = async (): Promise<Snapshot> => {
    known =
      known === undefined
        ? await openSnapshot(context, TABLE)
        : await refreshSnapshot(context, known);
    if (known === undefined) throw new Error("the table is gone");
    return known;
  };
  return {
    forget: () => {
      known = undefined;
    },
    /** Throws what is neither success nor conflict nor a refusal. */
    async take(
      { looks, operation }: Pick<Step, "looks" | "operation">,
      n: number,
    ): Promise<Outcome> {
      const base = looks || known === undefined ? await look() : known;
      try {
        const made = await perform(place, base, { operation, info: { writer: name, step: n } });
        if (made === undefined) return { kind: "unmarked" };
        known = made;
        return { kind: "done", version: made.version };
      } catch (error) {
        const kind = failureOf(error);
        if (kind === undefined) throw error;
        // Whoever lost looks again.
        known = undefined;
        const message = error instanceof MillraceError ? error.message : "";
        return { kind, message, base: base.version };
      }
    },
  };
}

/** What a table says of changes that would make it untrue, and of names that it no longer has. */
const REFUSALS = [
  "delta/append-only",
  "delta/bad-property",
  "delta/bad-schema",
  "delta/column-in-use",
  "delta/no-such-column",
  "operation/no-such-column",
  "operation/bad-z-order",
  "operation/rule-broken",
  "operation/unknown-rule",
  "engine/sql",
];

function failureOf(error: unknown): "conflict" | "refused" | undefined {
  const code = systemCodeOf(error) ?? "";
  if (code === "delta/conflict") return "conflict";
  return REFUSALS.includes(code) ? "refused" : undefined;
}

interface Marked {
  readonly operation: Operation;
  readonly info: Readonly<Record<string, unknown>>;
}

async function perform(
  place: Place,
  base: Snapshot,
  { operation, info }: Marked,
): Promise<Snapshot | undefined> {
  const { context, keepsMs } = place;
  const at = { delta: context, engine: place.engine };
  const [, { name: v = "" } = {}, , ...added] = base.metadata.fields;
  const alter = (change: TableChange) => alterTable(context, base, change, { info });
  switch (operation.kind) {
    case "append": {
      const { app, rows } = operation;
      const transactions =
        app === undefined ? [] : [{ appId: app, version: (base.transactions.get(app) ?? 0n) + 1n }];
      return write(place, base, rows, { operation: "WRITE", transactions, info });
    }
    case "overwrite":
      return write(place, base, operation.rows, { operation: "WRITE", remove: "all", info });
    case "overwrite partition": {
      const { k, rows } = operation;
      const where: Filter =
        k === null ? { column: "k", op: "is null" } : { column: "k", op: "=", value: k };
      const physical = physicalColumns(base).find(({ name }) => name === "k")?.physicalName ?? "k";
      const remove = base.files.filter((file) => (file.partitionValues[physical] ?? null) === k);
      // A table with a change feed refuses it, as nobody says which rows were changed.
      const isFed = base.metadata.configuration["delta.enableChangeDataFeed"] === "true";
      if (isFed && remove.length > 0) return undefined;
      return write(place, base, rows, {
        operation: "WRITE",
        remove,
        reads: { where: [where] },
        info,
      });
    }
    case "overwrite where": {
      const rows = relationOf(operation.rows, v);
      const where = `${quoteName(v)} = ${operation.v}`;
      return changed(await overwriteWhere(at, base, { rows, where, info }));
    }
    case "delete":
      return changed(
        await deleteRows(at, base, { where: conditionText(operation.where, v), info }),
      );
    case "update": {
      const { k } = operation;
      const set: Record<string, string> =
        k === undefined
          ? { [v]: `${quoteName(v)} + 1` }
          : { k: k === null ? "NULL" : quoteText(k) };
      const where = conditionText(operation.where, v);
      return changed(await updateRows(at, base, { set, where, info }));
    }
    case "merge":
      return changed(
        await mergeRows(at, base, {
          source: relationOf(operation.source, v),
          on: `target.${quoteName(v)} = source.${quoteName(v)}`,
          clauses: [
            operation.deletes
              ? { when: "matched", do: "delete" }
              : { when: "matched", do: "update", set: { k: "source.k" } },
            {
              when: "not matched",
              do: "insert",
              values: { id: "source.id", [v]: `source.${quoteName(v)}`, k: "source.k" },
            },
          ],
          info,
        }),
      );
    case "add column": {
      const { name, type } = operation;
      return alter({ change: "add columns", columns: [{ column: [name], type }] });
    }
    case "rename column": {
      const names = [v, ...added.map(({ name }) => name)];
      const name = names[columnAt(operation.nth, names.length)] ?? "";
      return alter({ change: "rename column", column: [name], to: operation.to });
    }
    case "drop column": {
      const column = added[columnAt(operation.nth, added.length)];
      if (column === undefined) return undefined;
      return alter({ change: "drop columns", columns: [[column.name]] });
    }
    case "widen column": {
      const column = added[columnAt(operation.nth, added.length)];
      const type = column && widerThan(column.type as AddedType);
      if (column === undefined || type === undefined) return undefined;
      return alter({ change: "change column", column: [column.name], type });
    }
    case "add constraint": {
      const { name, below } = operation;
      const expression = `\`${v}\` IS NULL OR \`${v}\` < ${below}`;
      return addConstraint(at, base, { name, expression, info });
    }
    case "drop constraint":
      return alter({ change: "drop constraint", name: operation.name });
    case "set property":
      return alter({
        change: "set properties",
        properties: { [operation.key]: operation.value },
      });
    case "unset property":
      return alter({ change: "unset properties", keys: [operation.key], ifSet: true });
    case "optimize":
      await optimize(at, base, operation.zOrder ? { zOrderBy: ["id", v] } : {});
      return undefined;
    case "restore":
      await ignoring(NOT_RESTORED, async () => {
        await restore(at, TABLE, { version: Math.max(0, base.version - operation.back) });
      });
      return undefined;
    case "vacuum":
      await vacuum(at, base, { retentionMs: keepsMs, unknownMs: keepsMs, force: true });
      return undefined;
    case "checkpoint":
      await ignoring(["storage/exists"], () => writeCheckpoint(context, base));
      return undefined;
    case "clean up":
      await cleanUpLog(context, base);
      return undefined;
  }
}

/** Older versions may have been vacuumed or cleaned away, or the table may only grow. */
const NOT_RESTORED = [
  "operation/files-gone",
  "delta/no-such-version",
  "delta/missing-commit",
  "delta/append-only",
];

function changed({ committed, snapshot }: RowChange): Snapshot | undefined {
  return committed ? snapshot : undefined;
}

async function ignoring(codes: readonly string[], act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!codes.includes(systemCodeOf(error) ?? "")) throw error;
  }
}
