/** Which rows of the target match which rows of the source, and what becomes of each. */

import { MillraceError } from "../base/error.ts";
import { renderJson } from "../base/json.ts";
import type { Filter } from "../delta/filter.ts";
import { quoteName } from "../sql/quote.ts";
import { conditionsOf } from "./condition.ts";
import { CLAUSE, type Edits, stagedRelation } from "./edit.ts";
import { assignedColumns, type CheckedClause, clauseNumber, editClauses } from "./merge-clause.ts";
import { type KeyPair, keyPairs, matchFilters, sidesOf } from "./merge-key.ts";
import { type MergeSource, SOURCE } from "./merge-source.ts";
import type { RowWriter } from "./row-writer.ts";
import { FILE, filesMatching, openTarget, ROW, type Target } from "./target.ts";

export interface Matched {
  readonly target: Target;
  readonly edits: Edits;
  /** `SOURCE` of the rows that match, at least once each; undefined where none does. */
  readonly matches: string | undefined;
  readonly reads: readonly Filter[];
}

export interface MatchQuestion {
  readonly source: MergeSource;
  readonly on: string;
  readonly clauses: readonly CheckedClause[];
}

/**
 * One pass over the columns that condition and clauses name, in the files that can hold a match.
 * Two source rows that would change one row are `operation/ambiguous-merge`.
 */
export async function matchRows(writer: RowWriter, question: MatchQuestion): Promise<Matched> {
  const { context, snapshot, folder } = writer;
  const { source, on, clauses } = question;
  const { fields } = snapshot.metadata;
  const { unmatched, edits: kinds } = editClauses(clauses);
  const conditions = await conditionsOf(context.engine, on);
  // Rows without a match may lie in any file.
  const reads =
    unmatched.length > 0 ? [] : await matchFilters(context.engine, source, { conditions, fields });
  const target = await openTarget(context, snapshot, filesMatching(snapshot, reads));
  const pairsOfKeys = keyPairs(conditions, sidesOf(fields, source.fields));
  const keepsPartitions = staysPut(snapshot.metadata.partitionColumns, clauses, pairsOfKeys);
  const none = {
    target,
    edits: { clauses: kinds, relation: undefined, keepsPartitions },
    matches: undefined,
    reads,
  };
  if (target.files.length === 0) return none;
  const staged = await context.engine.write(matchQuery(target, question, fields), { folder });
  const pairs = stagedRelation(staged);
  if (pairs === undefined) return none;
  const matches = `(SELECT ${SOURCE} FROM ${pairs} WHERE ${SOURCE} IS NOT NULL)`;
  if (kinds.length === 0) return { ...none, matches };
  const relation = await withoutRepeats(writer, question, pairs);
  return { target, edits: { ...none.edits, relation }, matches, reads };
}

/** A row whose partition column takes the value that it matched by stays where it is. */
function staysPut(
  partitionColumns: readonly string[],
  clauses: readonly CheckedClause[],
  pairs: readonly KeyPair[],
): boolean {
  return partitionColumns.every((column) => {
    const same = pairs
      .filter(({ target }) => target.name === column)
      .map(({ source }) => `source.${quoteName(source.name)}`);
    return clauses
      .filter(({ when }) => when !== "not matched")
      .every(({ when, values: { [column]: value } }) => {
        return value === undefined || (when === "matched" && same.includes(value));
      });
  });
}

function matchQuery(
  target: Target,
  { source, on, clauses }: MatchQuestion,
  fields: RowWriter["snapshot"]["metadata"]["fields"],
): string {
  const { matched, unmatched, edits } = editClauses(clauses);
  const both = { target: `${target.relation} AS target`, source: `${source.relation} AS source` };
  const condition = `ON (\n${on}\n)`;
  if (edits.length === 0) {
    return `SELECT source.${SOURCE} FROM ${both.source} JOIN ${both.target} ${condition}`;
  }
  const columns = assignedColumns(fields, [...matched, ...unmatched], CLAUSE);
  const values = columns.map(({ name, value }) => `${value} AS ${quoteName(name)}`);
  const head = [`target.${FILE}`, `target.${ROW}`, `source.${SOURCE}`];
  if (unmatched.length === 0) {
    const list = [...head, `${clauseNumber(matched)} AS ${CLAUSE}`, ...values].join(", ");
    return `SELECT ${list} FROM ${both.source} JOIN ${both.target} ${condition}`;
  }
  const clause = `CASE WHEN source.${SOURCE} IS NOT NULL THEN ${clauseNumber(matched)} ELSE ${clauseNumber(unmatched, matched.length)} END`;
  const list = [...head, `${clause} AS ${CLAUSE}`, ...values].join(", ");
  return `SELECT * FROM (SELECT ${list} FROM ${both.target} LEFT JOIN ${both.source} ${condition}) WHERE ${CLAUSE} IS NOT NULL OR ${SOURCE} IS NOT NULL`;
}

/** Each row of the target once. Only a plain delete may be asked for twice: it comes to the same. */
async function withoutRepeats(
  { context, snapshot, folder }: RowWriter,
  question: MatchQuestion,
  pairs: string,
): Promise<string | undefined> {
  const { engine } = context;
  const [repeated] = await engine.rows(
    `SELECT ${FILE} AS file, ${ROW} AS at FROM ${pairs} WHERE ${CLAUSE} IS NOT NULL GROUP BY ALL HAVING count(*) > 1 LIMIT 1`,
  );
  if (repeated === undefined) return pairs;
  const { matched } = editClauses(question.clauses);
  const [only, ...others] = matched;
  const isHarmless = only?.do === "delete" && only.condition === undefined;
  if (others.length > 0 || !isHarmless) {
    const row = `${FILE} = ${repeated.file} AND ${ROW} = ${repeated.at}`;
    throw await ambiguous({ context, snapshot, folder }, question, `${pairs} WHERE ${row}`);
  }
  const staged = await engine.write(
    `SELECT * FROM ${pairs} QUALIFY row_number() OVER (PARTITION BY ${FILE}, ${ROW}) = 1`,
    { folder },
  );
  return stagedRelation(staged);
}

const SHOWN_ROWS = 2;

async function ambiguous(
  { context, snapshot }: RowWriter,
  { source, on }: MatchQuestion,
  pairs: string,
): Promise<MillraceError> {
  const { engine } = context;
  const conditions = await conditionsOf(engine, on);
  const keys = keyPairs(conditions, sidesOf(snapshot.metadata.fields, source.fields));
  const names =
    keys.length > 0 ? keys.map((key) => key.source.name) : source.fields.map(({ name }) => name);
  const columns = names.map((name) => `source.${quoteName(name)}`).join(", ");
  const rows = await engine.rows(
    `SELECT ${columns} FROM ${source.relation} AS source WHERE ${SOURCE} IN (SELECT ${SOURCE} FROM ${pairs}) LIMIT ${SHOWN_ROWS}`,
  );
  const shown = keys.length > 0 ? rows.slice(0, 1) : rows;
  return new MillraceError(
    `Two rows of the source match one row of table ${snapshot.folder}, and both would change it: ${shown.map(renderJson).join(" and ")}.`,
    {
      code: "operation/ambiguous-merge",
      hint: "Nothing was written. Keep one row of the source for each key, the newest for example, or match by more columns.",
    },
  );
}
