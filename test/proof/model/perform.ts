/** Operations done to a real table, by a writer that acts on the version it last saw. */

import { MillraceError, systemCodeOf } from "../../../src/base/error.ts";
import { writeCheckpoint } from "../../../src/delta/checkpoint.ts";
import { cleanUpLog } from "../../../src/delta/clean-up.ts";
import type { Filter } from "../../../src/delta/filter.ts";
import { physicalSelect } from "../../../src/delta/physical-select.ts";
import type { Snapshot } from "../../../src/delta/snapshot.ts";
import { type DeltaContext, openSnapshot, refreshSnapshot } from "../../../src/delta/table.ts";
import { fieldIds, physicalColumns, type TableSpec } from "../../../src/delta/table-spec.ts";
import { type Change, commit } from "../../../src/delta/write.ts";
import type { Engine } from "../../../src/engine/engine.ts";
import type { RowChange } from "../../../src/operation/change-rows.ts";
import { deleteRows } from "../../../src/operation/delete-rows.ts";
import { mergeRows } from "../../../src/operation/merge-rows.ts";
import { optimize } from "../../../src/operation/optimize.ts";
import { overwriteWhere } from "../../../src/operation/overwrite-where.ts";
import { restore } from "../../../src/operation/restore.ts";
import { updateRows } from "../../../src/operation/update-rows.ts";
import { vacuum } from "../../../src/operation/vacuum.ts";
import type { Field } from "../../../src/schema/type.ts";
import { quoteText } from "../../../src/sql/quote.ts";
import { conditionText } from "./condition.ts";
import type { Operation, Row, Step } from "./operation.ts";

export const TABLE = "t";

export const COLUMNS: readonly Field[] = [
  { name: "id", type: "long", nullable: true },
  { name: "v", type: "long", nullable: true },
  { name: "k", type: "string", nullable: true },
];

export interface Place {
  readonly context: DeltaContext;
  readonly engine: Engine;
  /** How long a vacuum keeps what was removed. */
  readonly keepsMs: number;
}

/** Makes the table, empty. */
export function createTable(
  { context }: Place,
  configuration: Readonly<Record<string, string>>,
): Promise<Snapshot> {
  const schema: TableSpec = { fields: COLUMNS, partitionColumns: ["k"], configuration };
  return commit(context, { folder: TABLE }, { operation: "CREATE TABLE", schema });
}

/** What became of a step: the version it made with its mark, nothing that it would mark, or why it made none. */
export type Outcome =
  | { readonly kind: "done"; readonly version: number }
  | { readonly kind: "unmarked" }
  | { readonly kind: "conflict"; readonly message: string; readonly base: number };

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
    /** Throws what is neither success nor conflict. */
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
        if (systemCodeOf(error) !== "delta/conflict") throw error;
        // Whoever lost looks again.
        known = undefined;
        const message = error instanceof MillraceError ? error.message : "";
        return { kind: "conflict", message, base: base.version };
      }
    },
  };
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
      const { v, rows } = operation;
      const change = { rows: valuesOf(rows), where: `v = ${v}`, info };
      return changed(await overwriteWhere(at, base, change));
    }
    case "add column": {
      const { fields } = base.metadata;
      const added: Field = { name: operation.name, type: "string", nullable: true };
      const schema = { fields: [...fields, added] };
      return commit(context, base, { operation: "ADD COLUMNS", schema, info });
    }
    case "delete":
      return changed(await deleteRows(at, base, { where: conditionText(operation.where), info }));
    case "update": {
      const { k, where } = operation;
      const set: Record<string, string> =
        k === undefined ? { v: "v + 1" } : { k: k === null ? "NULL" : quoteText(k) };
      return changed(await updateRows(at, base, { set, where: conditionText(where), info }));
    }
    case "merge":
      return changed(
        await mergeRows(at, base, {
          source: valuesOf(operation.source),
          on: "target.v = source.v",
          clauses: [
            operation.deletes
              ? { when: "matched", do: "delete" }
              : { when: "matched", do: "update", set: { k: "source.k" } },
            {
              when: "not matched",
              do: "insert",
              values: { id: "source.id", v: "source.v", k: "source.k" },
            },
          ],
          info,
        }),
      );
    case "optimize":
      await optimize(at, base, operation.zOrder ? { zOrderBy: ["id", "v"] } : {});
      return undefined;
    case "restore":
      await ignoring(GONE, async () => {
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

/** Older versions may have been vacuumed or cleaned away. */
const GONE = ["operation/files-gone", "delta/no-such-version", "delta/missing-commit"];

function changed({ committed, snapshot }: RowChange): Snapshot | undefined {
  return committed ? snapshot : undefined;
}

/** Rows as what stands in FROM. */
function valuesOf(rows: readonly Row[]): string {
  const values = rows.map(
    ({ id, v, k }) =>
      `(${id}::BIGINT, ${v}::BIGINT, ${k === null ? "NULL" : quoteText(k)}::VARCHAR)`,
  );
  return `(SELECT * FROM (VALUES ${values.join(", ")}) AS r(id, v, k))`;
}

/** Stages the rows, if any, and commits them with the change. */
async function write(
  { context, engine }: Place,
  base: Snapshot,
  rows: readonly Row[],
  change: Change,
): Promise<Snapshot> {
  if (rows.length === 0) return commit(context, base, change);
  const staging = await context.storage.openStaging();
  try {
    const names = base.metadata.fields
      .slice(COLUMNS.length)
      .map(({ name }) => `NULL::VARCHAR AS ${name}`);
    const query = `SELECT ${["id", "v", "k", ...names].join(", ")} FROM ${valuesOf(rows)}`;
    const ids = fieldIds(base);
    const add = await engine.write(physicalSelect(query, base), {
      folder: staging.folder,
      partitionBy: physicalColumns(base)
        .filter(({ name }) => name === "k")
        .map(({ physicalName }) => physicalName),
      ...(ids === undefined ? {} : { fieldIds: ids }),
    });
    return await commit(context, base, { ...change, add });
  } finally {
    await staging.close();
  }
}

async function ignoring(codes: readonly string[], act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!codes.includes(systemCodeOf(error) ?? "")) throw error;
  }
}
