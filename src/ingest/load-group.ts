/** The records of one group of files: split, numbered where they are bad, freed of duplicates, and counted. */

import type { Engine } from "../engine/engine.ts";
import { duckdbType } from "../engine/type.ts";
import type { StepContext } from "../lake/step.ts";
import type { SourceLedger } from "../lake/step-info.ts";
import { dataType } from "../schema/column-type.ts";
import { isSameType } from "../schema/evolution.ts";
import type { WrittenFile } from "../schema/table-files.ts";
import type { SievePool } from "../source/sieve/pool.ts";
import { quoteName, quoteText } from "../sql/quote.ts";
import type { Ingested } from "./asset.ts";
import type { Contract } from "./contract.ts";
import { deduplicate } from "./deduplicate.ts";
import { extraColumn, knownFields } from "./extra.ts";
import type { InspectedFile, Refusal } from "./inspect-files.ts";
import type { Group } from "./prepare.ts";
import { type QuarantineInput, writeBadRows, writeBrokenRows } from "./quarantine.ts";
import type { Records } from "./records.ts";
import { sift } from "./sift.ts";
import { numberRows, rowsOf, type Split, splitRecords } from "./split.ts";
import type { Target } from "./target.ts";

export interface BatchInput {
  readonly files: readonly InspectedFile[];
  readonly refused: readonly Refusal[];
  readonly isReplaced: boolean;
}

export interface Batch extends BatchInput {
  readonly context: StepContext;
  readonly asset: Ingested;
  readonly session: Engine;
  /** A staging folder. */
  readonly folder: string;
  readonly pool?: SievePool | undefined;
}

export interface GroupInput {
  readonly group: Group;
  readonly contract: Contract;
  readonly target: Target;
  readonly definition: Ingested["definition"];
  /** Good rows of the groups before, which go into the same commit. */
  readonly earlier: readonly WrittenFile[];
}

export interface GroupResult {
  readonly good: readonly WrittenFile[];
  readonly rejects: readonly WrittenFile[];
  readonly ledger: Omit<SourceLedger, "source">;
}

export async function loadGroup(
  batch: Batch,
  { group, contract, target, definition, earlier }: GroupInput,
): Promise<GroupResult> {
  const { context, session, folder, isReplaced, pool } = batch;
  const { label } = group;
  const made = {
    engine: session,
    folder,
    contract,
    columns: target.columns,
    partitionBy: definition.partitionBy,
    fieldIds: target.fieldIds,
    numbered: Object.values(definition.columns).some(
      ({ type }) => type.kind === "position" && type.part !== "file",
    ),
  };
  const sifted = await sift({
    ...made,
    records: group.records,
    extra: emptyColumns(definition, target),
    extraFields: definition.extra,
    signal: context.signal,
    pool,
  });
  const input = quarantineInput(batch, contract, label);
  const rejects: WrittenFile[] = [];
  const splits: Split[] = sifted === undefined ? [] : [sifted.good];
  let brokenRows = 0;
  for (const records of sifted?.rest ?? [group.records]) {
    const extra = otherColumns(definition, { contract, records, target });
    const split = await splitRecords({ ...made, records, extra });
    splits.push(split);
    const [broken, bad] = await both(
      () => records.broken(folder, split.bad),
      () => writeBad(batch, input, { records, bad: split.bad }),
      { atOnce: records.findsBrokenAside === true },
    );
    rejects.push(...bad);
    if (broken !== undefined) rejects.push(...(await writeBrokenRows(input, broken)));
    if (!records.countsBroken) brokenRows += broken?.count ?? 0;
  }
  const { goodRows, badRows, filteredRows, ...all } = addSplits(splits);
  const good = await deduplicate(
    {
      lake: context.lake,
      session,
      folder,
      target,
      unique: definition.unique,
      partitionBy: definition.partitionBy,
      againstTable: !isReplaced,
      earlier,
    },
    all.good,
  );
  return {
    good,
    rejects,
    ledger: {
      read: goodRows + badRows + filteredRows + brokenRows,
      written: rowsOf(good),
      quarantined: rowsOf(rejects),
      deduplicated: goodRows - rowsOf(good),
      filtered: filteredRows,
    },
  };
}

async function writeBad(
  { session, folder }: Batch,
  input: QuarantineInput,
  { records, bad }: { readonly records: Records; readonly bad: string | undefined },
): Promise<readonly WrittenFile[]> {
  if (bad === undefined) return [];
  const lines = records.needsLines
    ? await numberRows({ engine: session, folder, records }, bad)
    : bad;
  return writeBadRows(input, records, lines);
}

/** One after the other, or at once where that goes; no other runs any more when one has failed. */
async function both<A, B>(
  one: () => Promise<A>,
  other: () => Promise<B>,
  { atOnce }: { readonly atOnce: boolean },
): Promise<[A, B]> {
  if (!atOnce) return [await one(), await other()];
  const [first, second] = [one(), other()];
  await Promise.allSettled([first, second]);
  return [await first, await second];
}

function addSplits(splits: readonly Split[]): Omit<Split, "bad"> {
  const sum = (count: (split: Split) => number): number =>
    splits.reduce((total, one) => total + count(one), 0);
  return {
    good: splits.flatMap(({ good }) => good),
    goodRows: sum((one) => one.goodRows),
    badRows: sum((one) => one.badRows),
    filteredRows: sum((one) => one.filteredRows),
  };
}

/** SQL of the columns that the contract does not make, by name: null, or the rest of a record where it is kept. */
export function otherColumns(
  definition: Ingested["definition"],
  { contract, records, target }: Pick<GroupInput, "contract" | "target"> & { records: Records },
): Map<string, string> {
  const columns = emptyColumns(definition, target);
  const [kept] = extraColumn(definition);
  if (kept === undefined) return columns;
  const known = Object.fromEntries(
    knownFields(contract.read, records.isFlat).map((name) => [name, null]),
  );
  const rest = `json_merge_patch(${records.rawJson}, ${quoteText(JSON.stringify(known))})::varchar`;
  return columns.set(kept.name, `nullif(${rest}, '{}')`);
}

/**
 * SQL of the columns that the contract does not make as they are in the table, by name, of a record that has nothing
 * more for them: null, or objects that lack fields which the table's have.
 */
function emptyColumns(definition: Ingested["definition"], target: Target): Map<string, string> {
  const made = new Map(
    Object.entries(definition.columns).map(([name, { type }]) => [name.toLowerCase(), type]),
  );
  const others = target.fields.flatMap(({ name, type }): [string, string][] => {
    const own = made.get(name.toLowerCase());
    if (own !== undefined && isSameType(dataType(own), type)) return [];
    const value = own === undefined ? "null" : quoteName(name);
    return [[name, `${value}::${duckdbType(type)}`]];
  });
  return new Map(others);
}

export function quarantineInput(
  { context, asset, session, folder }: Batch,
  contract: Contract,
  source: string,
): QuarantineInput {
  const { run, lake } = context;
  return {
    engine: session,
    folder,
    contract,
    source,
    run: run.id,
    at: lake.clock.now(),
    redact: asset.definition.redact,
  };
}
