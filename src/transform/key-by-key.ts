/**
 * Whether the rows of a query's result that share a key come from the rows of FROM that share it, so that a key which
 * no changed row has keeps its rows: then the keys of changed rows are all that must be computed again.
 *
 * That is so where the outermost SELECT groups by the key, or each of its windows has the key among its partitions,
 * over a FROM that takes the input row by row. What is not known to be so is taken not to be.
 */

import { renderJson } from "../base/json.ts";
import { isNode, nodesOf, type SyntaxNode, visit } from "../engine/syntax-tree.ts";
import { quoteName } from "../sql/quote.ts";
import { type FunctionFacts, fromDependence, gathering, type Question } from "./row-by-row.ts";

/** A query cut by its key. */
export interface KeyedQuery {
  /** The expressions of the key's columns over one row of FROM, in their order. */
  readonly key: readonly SyntaxNode[];
  /** Gives the key of every row of FROM, in columns called `keyName(0)` and on. */
  readonly keys: SyntaxNode;
}

export function keyName(index: number): string {
  return `~key ${index}`;
}

/** The query cut by its key, or in words why it cannot be. */
export function keyedQuery(
  query: SyntaxNode,
  columns: readonly string[],
  functions: FunctionFacts,
): KeyedQuery | { readonly because: string } {
  if (query.type !== "SELECT_NODE") return { because: "it is no plain SELECT" };
  const key: SyntaxNode[] = [];
  for (const column of columns) {
    const expression = expressionOf(query, column);
    if (expression === undefined) return { because: `it does not say what ${column} is` };
    const gathered = gathering(expression, functions);
    if (gathered !== undefined) return { because: `${column} is no value of one row: ${gathered}` };
    if (isVolatile(expression, functions)) return { because: `${column} is another each time` };
    key.push(expression);
  }
  const because = spoiler(query, { key, columns, own: ownName(query) });
  if (because !== undefined) return { because };
  return { key, keys: keysOf(query, key) };
}

/** Whether changed rows of the input tell by their keys all that changes; undefined if so, else why not. */
export function whyNotKeyed(query: SyntaxNode, question: Question): string | undefined {
  const from = fromDependence(query, question);
  return typeof from === "object" ? from.because : undefined;
}

/** The query over no other rows of FROM than those whose key is in the table `touched`, which has the columns of `keys`. */
export function onlyKeys(query: SyntaxNode, { key }: KeyedQuery, test: SyntaxNode): SyntaxNode {
  const where = withKeys(test, key);
  const both = isNode(query.where_clause)
    ? {
        class: "CONJUNCTION",
        type: "CONJUNCTION_AND",
        alias: "",
        query_location: 0,
        children: [query.where_clause, where],
      }
    : where;
  return { ...query, where_clause: both };
}

/** SQL of which `onlyKeys` takes the WHERE as its test; the names of the key stand for its expressions. */
export function testOfKeys(touched: string, count: number): string {
  const isSame = Array.from({ length: count }, (_, index) => {
    const name = quoteName(keyName(index));
    return `touched.${name} is not distinct from ${quoteName(placeName(index))}`;
  });
  return `select 1 where exists (select 1 from ${touched} as touched where ${isSame.join(" and ")})`;
}

function placeName(index: number): string {
  return `~place ${index}`;
}

function withKeys(test: SyntaxNode, key: readonly SyntaxNode[]): SyntaxNode {
  const places = new Map(key.map((expression, index) => [placeName(index), expression]));
  const replaced = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(replaced);
    if (!isNode(value)) return value;
    const names = value.class === "COLUMN_REF" ? value.column_names : undefined;
    const place =
      Array.isArray(names) && names.length === 1 ? places.get(String(names[0])) : undefined;
    if (place !== undefined) return { ...place, alias: "" };
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, replaced(one)]));
  };
  const { where_clause: where } = test;
  const found = replaced(where);
  if (!isNode(found)) throw new Error("Bug: the test of keys has no WHERE");
  return found;
}

/** What gives a column of the result: an expression of that name, or what `*` brings of it. */
function expressionOf(select: SyntaxNode, column: string): SyntaxNode | undefined {
  const items = nodesOf(select.select_list);
  const named = items.filter((item) => nameOfItem(item)?.toLowerCase() === column.toLowerCase());
  if (named.length > 1) return undefined;
  if (named[0] !== undefined) return named[0];
  const stars = items.filter((item) => item.class === "STAR");
  const [star] = stars;
  if (stars.length !== 1 || star === undefined) return undefined;
  const isPlain = [star.replace_list, star.rename_list].every((list) => nodesOf(list).length === 0);
  if (!isPlain || star.columns === true || isNode(star.expr)) return undefined;
  const relation = String(star.relation_name ?? "");
  return {
    class: "COLUMN_REF",
    type: "COLUMN_REF",
    alias: "",
    query_location: 0,
    column_names: relation === "" ? [column] : [relation, column],
  };
}

function nameOfItem({ alias, class: kind, column_names: names }: SyntaxNode): string | undefined {
  if (typeof alias === "string" && alias !== "") return alias;
  return kind === "COLUMN_REF" && Array.isArray(names) ? String(names.at(-1)) : undefined;
}

interface Key {
  readonly key: readonly SyntaxNode[];
  readonly columns: readonly string[];
  readonly own: string | undefined;
}

/** Whatever lets rows of different keys meet, in words. */
function spoiler(select: SyntaxNode, key: Key): string | undefined {
  for (const modifier of nodesOf(select.modifiers)) {
    if (modifier.type === "ORDER_MODIFIER") continue;
    const targets = nodesOf(modifier.distinct_on_targets);
    const isOfKey =
      modifier.type === "DISTINCT_MODIFIER" &&
      (targets.length === 0 || holdsKey(targets, key, true));
    if (!isOfKey)
      return `it has ${String(modifier.type).replace("_MODIFIER", "")} over several keys`;
  }
  if (isNode(select.sample)) return "it takes a sample";
  const sets = Array.isArray(select.group_sets) ? select.group_sets : [];
  if (sets.length > 1) return "it groups in several ways at once";
  let because: string | undefined;
  visit([select.select_list, select.qualify], (node) => {
    if (node.class === "SUBQUERY") return false;
    if (node.class === "WINDOW" && !holdsKey(nodesOf(node.partitions), key, false))
      because ??= `the window of ${String(node.function_name)}() is not partitioned by the key`;
    return true;
  });
  return because;
}

/** True where each expression of the key is among these; a name of the result counts where SQL looks for one there. */
function holdsKey(
  expressions: readonly SyntaxNode[],
  { key, columns, own }: Key,
  takesNames: boolean,
): boolean {
  const texts = new Set(expressions.map((one) => textOf(one, own)));
  const names = expressions.map((one) => nameOfItem({ ...one, alias: "" })?.toLowerCase());
  return key.every(
    (expression, index) =>
      texts.has(textOf(expression, own)) ||
      (takesNames && names.includes(columns[index]?.toLowerCase() ?? "")),
  );
}

/** Names are compared without upper and lower case, texts are not. */
const NAMES: readonly string[] = ["column_names", "function_name"];

/** The same for expressions that are written alike; `own` is what the only relation of FROM is called. */
function textOf(expression: SyntaxNode, own: string | undefined): string {
  const bare = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(bare);
    if (!isNode(value)) return value;
    const members = Object.entries(value).filter(([name]) => name !== "query_location");
    return Object.fromEntries(members.map(([name, one]) => [name, member(name, one)]));
  };
  const member = (name: string, value: unknown): unknown => {
    if (!NAMES.includes(name)) return bare(value);
    if (!Array.isArray(value)) return String(value).toLowerCase();
    const names = value.map((one) => String(one).toLowerCase());
    return names.length > 1 && names[0] === own ? names.slice(1) : names;
  };
  return renderJson(bare({ ...expression, alias: "" }));
}

/** By which columns may be called where FROM has nothing else. */
function ownName({ from_table: from }: SyntaxNode): string | undefined {
  if (!isNode(from) || from.type === "JOIN") return undefined;
  const name = from.alias === "" ? from.table_name : from.alias;
  return typeof name === "string" && name !== "" ? name.toLowerCase() : undefined;
}

/** True where it calls a function that gives another value each time. */
export function isVolatile(expression: SyntaxNode, { volatile }: FunctionFacts): boolean {
  let found = false;
  visit(expression, ({ function_name: name }) => {
    found ||= volatile.has(String(name ?? "").toLowerCase());
  });
  return found;
}

function keysOf(select: SyntaxNode, key: readonly SyntaxNode[]): SyntaxNode {
  const items = key.map((expression, index) => ({ ...expression, alias: keyName(index) }));
  return {
    ...select,
    modifiers: [],
    select_list: items,
    group_expressions: [],
    group_sets: [],
    aggregate_handling: "STANDARD_HANDLING",
    having: null,
    qualify: null,
    sample: null,
  };
}
