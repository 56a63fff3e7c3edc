/**
 * How the table of a transform follows changes of its inputs without being made anew.
 *
 * `append` takes the rows that new rows of an input give, where each row of the input makes its own rows of the
 * result (`row-by-row.ts`). `merge` finds the keys that changed rows have, and computes all rows of these keys again
 * (`key-by-key.ts`). Where several inputs changed they are taken one after another: those before at their newest
 * version, those behind as they were, so that the sum is what the query gives over the newest versions of all. What
 * the query says otherwise, or cannot be followed, makes the table anew: both ways give the same rows.
 */

import type { Engine } from "../engine/engine.ts";
import { parseSelect, renderSelect, type SyntaxNode } from "../engine/syntax-tree.ts";
import { quoteName } from "../sql/quote.ts";
import {
  isVolatile,
  keyedQuery,
  keyName,
  onlyKeys,
  testOfKeys,
  whyNotKeyed,
} from "./key-by-key.ts";
import { dependenceOf, type FunctionFacts, partsOf } from "./row-by-row.ts";

export interface Increment {
  /** Why a change of this input makes the table anew, in words; undefined where it does not. */
  whyWhole(input: string): string | undefined;
}

export interface AppendIncrement extends Increment {
  /** The rows that the rows of the input make, which stands in the text under its name; undefined where the query does not read it. */
  rows(input: string): Promise<string | undefined>;
}

export interface MergeIncrement extends Increment {
  /** The keys that the rows of the input have in the result, in columns called `keyName(0)` and on; undefined as above. */
  keys(input: string): Promise<string | undefined>;
  /** The rows of the result whose keys are in the table `touched`. */
  fresh(touched: string): Promise<string>;
}

interface Source {
  readonly session: Engine;
  /** The rendered query. */
  readonly text: string;
  /** The columns that the query gives. */
  readonly columns: readonly string[];
}

/** For a transform that appends. */
export async function appendIncrement({
  session,
  text,
  columns,
}: Source): Promise<AppendIncrement> {
  const functions = await readFunctions(session);
  const query = await parseSelect(session, text);
  const parts = query === undefined ? [] : partsOf(query);
  const partsWith = (input: string): SyntaxNode[] =>
    parts.filter((part) => dependenceOf(part, { input, functions }) !== "nothing");
  return {
    whyWhole: (input) =>
      query === undefined ? NOT_PARSED : whyNotRows(partsWith(input), { input, functions }),
    rows: async (input) => {
      const involved = partsWith(input);
      if (involved.length === 0) return undefined;
      return involved.length === parts.length ? text : sumOf(session, involved, columns);
    },
  };
}

/** For a transform that merges by a key. */
export async function mergeIncrement(
  { session, text, columns }: Source,
  key: readonly string[],
): Promise<MergeIncrement> {
  const functions = await readFunctions(session);
  const query = await parseSelect(session, text);
  if (query === undefined) return wholeAlways(NOT_PARSED);
  const keyed = keyedQuery(query, key, functions);
  if (!("because" in keyed)) {
    return {
      whyWhole: (input) => whyNotKeyed(query, { input, functions }),
      keys: async (input) =>
        readsInput(query, { input, functions }) ? renderSelect(session, keyed.keys) : undefined,
      fresh: async (touched) => {
        const test = await parseSelect(session, testOfKeys(touched, key.length));
        if (test === undefined) throw new Error("Bug: the test of keys is no SELECT");
        return renderSelect(session, onlyKeys(query, keyed, test));
      },
    };
  }
  if (isVolatile(query, functions)) return wholeAlways(keyed.because);
  // Row by row the key of a row may be whatever it is.
  const rowwise = await appendIncrement({ session, text, columns });
  const names = key.map((column, index) => `${quoteName(column)} as ${quoteName(keyName(index))}`);
  return {
    whyWhole: (input) => (rowwise.whyWhole(input) === undefined ? undefined : keyed.because),
    keys: async (input) => {
      const rows = await rowwise.rows(input);
      return rows === undefined ? undefined : `select ${names.join(", ")} from (\n${rows}\n)`;
    },
    fresh: async (touched) => {
      const isSame = key.map(
        (column, index) =>
          `touched.${quoteName(keyName(index))} is not distinct from given.${quoteName(column)}`,
      );
      return `select * from (\n${text}\n) as given where exists (select 1 from ${touched} as touched where ${isSame.join(" and ")})`;
    },
  };
}

function readsInput(
  query: SyntaxNode,
  question: { readonly input: string; readonly functions: FunctionFacts },
): boolean {
  return dependenceOf(query, question) !== "nothing";
}

const NOT_PARSED = "its query cannot be taken apart";

function wholeAlways(because: string): MergeIncrement {
  const never = async (): Promise<never> => {
    throw new Error("Bug: a step of a table that is made anew");
  };
  return { whyWhole: () => because, keys: never, fresh: never };
}

function whyNotRows(
  parts: readonly SyntaxNode[],
  question: { readonly input: string; readonly functions: FunctionFacts },
): string | undefined {
  for (const part of parts) {
    const found = dependenceOf(part, question);
    if (typeof found === "object") return found.because;
  }
  return undefined;
}

/** Their rows together, under the names of the whole query's columns. */
async function sumOf(
  session: Engine,
  parts: readonly SyntaxNode[],
  columns: readonly string[],
): Promise<string> {
  const texts = await Promise.all(parts.map((part) => renderSelect(session, part)));
  const sum = texts.map((one) => `(${one})`).join(" union all ");
  return `select * from (${sum}) as added(${columns.map(quoteName).join(", ")})`;
}

/** Asked once of a session: a plan looks at every transform of a project. */
const known = new WeakMap<Engine, Promise<FunctionFacts>>();

function readFunctions(session: Engine): Promise<FunctionFacts> {
  const facts = known.get(session) ?? askFunctions(session);
  known.set(session, facts);
  return facts;
}

async function askFunctions(session: Engine): Promise<FunctionFacts> {
  const rows = await session.rows(
    "select distinct function_name as name, function_type = 'aggregate' as gathers from duckdb_functions() where function_type = 'aggregate' or stability = 'VOLATILE'",
  );
  const named = (gathers: boolean): Set<string> =>
    new Set(rows.filter((row) => row.gathers === gathers).map((row) => String(row.name)));
  return { aggregates: named(true), volatile: named(false) };
}
