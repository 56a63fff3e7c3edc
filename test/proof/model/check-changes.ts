/** Comparing the change feed of a table with what became of the rows of the model from version to version. */

import assert from "node:assert/strict";
import { systemCodeOf } from "../../../src/base/error.ts";
import { readChanges, type TableChanges } from "../../../src/operation/read-changes.ts";
import { type AddedColumn, type Expected, NOTHING, rowsOf } from "./expected.ts";
import { isForgotten } from "./forgotten.ts";
import { type Place, TABLE } from "./table.ts";

interface Range {
  readonly from: number;
  readonly to: number;
}

type Told = Readonly<Record<string, unknown>>;

/**
 * Fails unless the changes told of a range of versions lead from each version to the next, and tell updates as such
 * where the table kept the feed; where it did not, they are refused unless they are to be inferred.
 */
export async function checkChanges(
  { context, engine }: Place,
  versions: readonly Expected[],
  { from, to }: Range,
): Promise<void> {
  const at = { delta: context, engine };
  const last = versions[to] ?? NOTHING;
  const isKept = versions.slice(from, to + 1).every(isFed);
  if (!isKept) {
    const reading = readChanges(at, TABLE, { from, to });
    await assert.rejects(
      reading,
      (error) => systemCodeOf(error) === "operation/no-change-feed" || isForgotten(error),
    );
  }
  const changes = await readChanges(at, TABLE, { from, to, inferred: !isKept });
  const told = await rowsToldOf(engine, changes);
  for (let version = from; version <= to; version += 1) {
    const own = told.filter(({ _commit_version: of }) => of === BigInt(version));
    const [before, after] = [versions[version - 1] ?? NOTHING, versions[version] ?? NOTHING];
    const isExact = isFed(after) && after.by !== "RESTORE";
    const columns = { ...last, added: toldColumns(versions, version, last) };
    const step = { before: shown(before, columns), after: shown(after, columns), isExact };
    checkStep(namesOf(columns), own, step, version);
  }
}

/**
 * The added columns that a version tells of: those that it has, or that came later and are null then. One that was
 * gone and was restored later is left out, as rows that were written meanwhile lost it.
 */
function toldColumns(
  versions: readonly Expected[],
  version: number,
  { added }: Expected,
): readonly AddedColumn[] {
  const has = (of: Expected | undefined, key: string): boolean =>
    of?.added.some((column) => column.key === key) ?? false;
  return added.filter(
    ({ key }) =>
      [versions[version - 1], versions[version]].every((of) => has(of, key)) ||
      !versions.slice(0, version).some((of) => has(of, key)),
  );
}

function namesOf({ nameOfV, added }: Pick<Expected, "nameOfV" | "added">): readonly string[] {
  return ["id", nameOfV, "k", ...added.map(({ name }) => name)];
}

export function isFed({ configuration }: Expected): boolean {
  return configuration["delta.enableChangeDataFeed"] === "true";
}

/** Rows of a version under the columns of another, as texts. */
function shown(of: Expected, columns: Expected): Map<string, string> {
  return new Map(
    rowsOf(columns, of.rows).map((row) => [String(row.id), textOf(row, namesOf(columns))]),
  );
}

async function rowsToldOf(engine: Place["engine"], { relation }: TableChanges): Promise<Told[]> {
  return engine.rows(`SELECT * FROM ${relation}`);
}

function checkStep(
  names: readonly string[],
  told: readonly Told[],
  step: { before: Map<string, string>; after: Map<string, string>; isExact: boolean },
  version: number,
): void {
  const left = new Map(step.before);
  const pick = (...types: string[]) =>
    told.filter(({ _change_type: type }) => types.includes(String(type)));
  for (const row of pick("delete", "update_preimage")) {
    assert.equal(
      left.get(String(row.id)),
      textOf(row, names),
      `version ${version} took what it held`,
    );
    left.delete(String(row.id));
  }
  for (const row of pick("insert", "update_postimage")) {
    assert.ok(!left.has(String(row.id)), `version ${version} brought ${row.id} to one there`);
    left.set(String(row.id), textOf(row, names));
  }
  const sorted = (rows: Map<string, string>) => [...rows.values()].toSorted();
  assert.deepEqual(sorted(left), sorted(step.after), `the changes of version ${version}`);
  if (!step.isExact) return;
  const idsOf = (rows: readonly Told[]) => rows.map(({ id }) => String(id));
  assert.deepEqual(
    idsOf(pick("delete")).filter((id) => step.after.has(id)),
    [],
    `version ${version} tells updates as such`,
  );
  assert.deepEqual(
    idsOf(pick("update_preimage")).toSorted(),
    idsOf(pick("update_postimage")).toSorted(),
    `version ${version} tells updates in pairs`,
  );
}

function textOf(row: Told, names: readonly string[]): string {
  return JSON.stringify(names.map((name) => (row[name] === null ? null : String(row[name]))));
}
