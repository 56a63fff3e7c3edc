/** A step that computes again the keys which changed rows of the inputs have: their rows are replaced, and go where none is left. */

import { commit } from "../delta/write.ts";
import type { Engine } from "../engine/engine.ts";
import { duckdbType } from "../engine/type.ts";
import { relationOf } from "../lake/lake.ts";
import { mergeRows } from "../operation/merge-rows.ts";
import { isSameType } from "../schema/evolution.ts";
import type { Field } from "../schema/type.ts";
import type { MergeKey } from "../schema/write.ts";
import { quoteName } from "../sql/quote.ts";
import { overChanges } from "./changed-row.ts";
import { type MergeIncrement, mergeIncrement } from "./increment.ts";
import { keyName } from "./key-by-key.ts";
import { checkKeys, settled } from "./merged-row.ts";
import { judge, relationOfFiles, writeRows } from "./new-version.ts";
import { renderQuery } from "./query.ts";
import type { Anew, Taken, Taking } from "./take-appended.ts";

const TOUCHED = quoteName("~touched keys");
/** True in rows of the source that the query gives; null where it gives none for a key any more. */
const GIVEN = quoteName("~given");
/** Text of ours that no line of a person stands behind. */
const NOWHERE = Number.POSITIVE_INFINITY;

/** Where most of the keys changed, to make the table anew costs less. */
const FEW_KEYS = 10_000;

export async function takeMerged(taking: Taking, merge: MergeKey): Promise<Taken | Anew> {
  const { context, asset, session, before, rendered, fields } = taking;
  const { lake, signal } = context;
  const { text } = rendered;
  const { key } = merge;
  const { deleteWhere: deletes } = asset.definition;
  const deleteWhere = deletes && renderQuery(context, deletes).text;
  const given = await session.describe(text);
  const cast = key.find((name) => !hasSameType(name, given, fields));
  // Two keys of the query may be one key of the table then.
  if (cast !== undefined) return { anew: `its key ${cast} is cast to another type` };
  const columns = given.map(({ name }) => name);
  const increment = await mergeIncrement({ session, text, columns }, key);
  await createTouched(taking, increment, fields, key);
  const [count] = await session.rows(`select count(*) as n from ${TOUCHED}`);
  const keys = Number(count?.n ?? 0);
  if (keys > FEW_KEYS && keys > Number(before.rows ?? 0n) / 2)
    return { anew: "most of its keys changed" };
  const fresh = settled(await increment.fresh(TOUCHED), { merge, deleteWhere }, fields);
  const version = { layout: before, base: undefined, fields };
  const query = { ...version, asset, rendered, ...fresh, linesBefore: NOWHERE };
  const files = await writeRows(taking, query);
  const rows = files.reduce((sum, file) => sum + Number(file.rows), 0);
  const isTouched = await touchedTest(session, key);
  const old = await relationOf(lake, before);
  const made =
    files.length === 0
      ? `(select * from ${old} where false)`
      : relationOfFiles(session, version, files);
  await checkKeys(session, asset, made);
  const stays = `select * from ${old} as target where not exists (select 1 from ${TOUCHED} as source where ${isTouched})`;
  const relation = `(${stays} union all by name select * from ${made})`;
  await judge({ ...version, context, session, asset, files, relation, before });
  return {
    rows,
    commit: async (along) => {
      // The table still has to say how far it has come.
      if (keys === 0) return commit(lake.delta, before, { operation: "MERGE", ...along });
      const source = `(select source.*, given.* from ${TOUCHED} as source left join (select *, true as ${GIVEN} from ${made}) as given on ${isTouched.replaceAll("target.", "given.")})`;
      const operation = { delta: lake.delta, engine: session, signal };
      const { snapshot } = await mergeRows(operation, before, {
        ...along,
        source,
        on: isTouched,
        clauses: [
          { when: "matched", do: "update", set: "all", condition: `source.${GIVEN}` },
          { when: "matched", do: "delete" },
          { when: "not matched", do: "insert", values: "all", condition: `source.${GIVEN}` },
        ],
      });
      return snapshot;
    },
  };
}

/** A table of the session with the keys of all changed rows, as they were and as they are. */
async function createTouched(
  { context, session, changed }: Taking,
  increment: MergeIncrement,
  fields: readonly Field[],
  key: readonly string[],
): Promise<void> {
  const types = key.map((name) => fields.find((field) => field.name === name)?.type ?? "string");
  const list = types.map((type, index) => `${quoteName(keyName(index))} ${duckdbType(type)}`);
  await session.run(`create or replace temp table ${TOUCHED} (${list.join(", ")})`);
  await overChanges(context.lake, session, changed, async ({ name }) => {
    const keys = await increment.keys(name);
    if (keys === undefined) return;
    await session.run(
      `insert into ${TOUCHED} select * from (\n${keys}\n) except select * from ${TOUCHED}`,
    );
  });
}

/** Whether a row of `target` has a touched key of `source`; null is a key too, but plain equality lets files be passed over. */
async function touchedTest(session: Engine, key: readonly string[]): Promise<string> {
  const names = key.map((_, index) => quoteName(keyName(index)));
  const nulls = names.map((name) => `coalesce(bool_or(${name} is null), false)`);
  const [row] = await session.rows(`select [${nulls.join(", ")}] as nulls from ${TOUCHED}`);
  const hasNull = Array.isArray(row?.nulls) ? row.nulls : [];
  const tests = key.map((column, index) => {
    const [mine, theirs] = [`target.${quoteName(column)}`, `source.${names[index]}`];
    return `${mine} ${hasNull[index] === true ? "is not distinct from" : "="} ${theirs}`;
  });
  return tests.join(" and ");
}

function hasSameType(name: string, given: readonly Field[], fields: readonly Field[]): boolean {
  const [one, other] = [given, fields].map((list) => list.find((field) => field.name === name));
  return one !== undefined && other !== undefined && isSameType(one.type, other.type);
}
