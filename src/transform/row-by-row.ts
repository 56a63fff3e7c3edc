/**
 * Whether each row of an input makes its own rows of a query's result, so that the rows of new files alone make the
 * new rows of the result: q(old + new) = q(old) + q(new), with the other inputs as they are.
 *
 * That is so where the input stands once in FROM, below nothing but joins that keep its rows apart, WHERE, and
 * expressions over one row. What is not known to be so is taken not to be.
 */

import { isNode, nodesOf, type SyntaxNode, visit } from "../engine/syntax-tree.ts";

/** Facts of the engine that the tree does not hold. */
export interface FunctionFacts {
  readonly aggregates: ReadonlySet<string>;
  /** Give another value each time. */
  readonly volatile: ReadonlySet<string>;
}

/** What a part of a query has to do with the input: nothing, rows of it one by one, or else, in words. */
export type Dependence = "nothing" | "row by row" | { readonly because: string };

export interface Question {
  /** The name of the input in the text. */
  readonly input: string;
  readonly functions: FunctionFacts;
}

/** The names that WITH gives, each to its query and what that may name itself. */
interface Scope extends Question {
  readonly named: ReadonlyMap<string, { readonly query: SyntaxNode; readonly scope: Scope }>;
}

export function dependenceOf(query: SyntaxNode, question: Question): Dependence {
  return ofQuery(query, { ...question, named: new Map() });
}

/** The queries whose rows are added up to those of this one, each with the names that WITH gives it; often itself alone. */
export function partsOf(query: SyntaxNode): readonly SyntaxNode[] {
  const { left, right } = query;
  const isSum =
    query.type === "SET_OPERATION_NODE" &&
    query.setop_type === "UNION" &&
    query.setop_all === true &&
    nodesOf(query.modifiers).every(isOrder);
  if (!isSum || !isNode(left) || !isNode(right)) return [query];
  const names = entriesOf(query);
  const named = (side: SyntaxNode): SyntaxNode => ({
    ...side,
    cte_map: { map: [...names, ...entriesOf(side)] },
  });
  return [left, right].flatMap((side) => partsOf(named(side)));
}

/** What FROM of the outermost SELECT has to do with the input, where nothing else of it names the input. */
export function fromDependence(select: SyntaxNode, question: Question): Dependence {
  return ofFrom(select, scopeOf(select, { ...question, named: new Map() }));
}

function ofQuery(query: SyntaxNode, outer: Scope): Dependence {
  const scope = scopeOf(query, outer);
  if (query.type === "SET_OPERATION_NODE") return ofUnion(query, scope);
  if (query.type !== "SELECT_NODE") return otherwise(query, scope, "it is no plain SELECT");
  const from = ofFrom(query, scope);
  if (from !== "row by row") return from;
  const because = spoiler(query, scope.functions);
  return because === undefined ? from : { because };
}

function ofFrom(select: SyntaxNode, scope: Scope): Dependence {
  const { from_table: from, cte_map: _, ...rest } = select;
  const found = isNode(from) ? ofRelation(from, scope) : "nothing";
  if (!names(rest, scope)) return found;
  return { because: `${scope.input} is read inside of an expression` };
}

/** Rows of both sides are added up; a side without the input would be added again each time. */
function ofUnion(query: SyntaxNode, scope: Scope): Dependence {
  const sides = [query.left, query.right].filter(isNode).map((side) => ofQuery(side, scope));
  if (sides.every((side) => side === "nothing")) return "nothing";
  const isPlain =
    query.setop_all === true &&
    (query.setop_type === "UNION" || query.setop_type === "UNION_BY_NAME") &&
    nodesOf(query.modifiers).every(isOrder);
  if (!isPlain) return { because: "it compares the rows of two queries" };
  const broken = sides.find((side) => typeof side === "object");
  if (broken !== undefined) return broken;
  return sides.every((side) => side === "row by row")
    ? "row by row"
    : { because: `a side of its UNION ALL does not read ${scope.input}` };
}

function ofRelation(relation: SyntaxNode, scope: Scope): Dependence {
  const found = ofUnsampled(relation, scope);
  return found === "row by row" && isNode(relation.sample)
    ? { because: "it takes a sample" }
    : found;
}

function ofUnsampled(relation: SyntaxNode, scope: Scope): Dependence {
  switch (relation.type) {
    case "BASE_TABLE": {
      const known = withNamed(relation, scope);
      if (known !== undefined) return ofQuery(known.query, known.scope);
      return isInput(relation, scope) ? "row by row" : "nothing";
    }
    case "SUBQUERY": {
      const query = isNode(relation.subquery) ? relation.subquery.node : undefined;
      return isNode(query) ? ofQuery(query, scope) : otherwise(relation, scope, "of a subquery");
    }
    case "JOIN":
      return ofJoin(relation, scope);
    default:
      return otherwise(relation, scope, `${scope.input} is read inside of a function or a PIVOT`);
  }
}

/** Joins that make rows of one side apart from all other rows of that side. */
const LEFT: readonly unknown[] = ["INNER", "LEFT", "SEMI", "ANTI"];
const RIGHT: readonly unknown[] = ["INNER", "RIGHT"];
const PLAIN: readonly unknown[] = ["REGULAR", "NATURAL", "CROSS", "DEPENDENT"];

function ofJoin({ left, right, ...join }: SyntaxNode, scope: Scope): Dependence {
  const [ofLeft, ofRight] = [left, right].map((side) =>
    isNode(side) ? ofRelation(side, scope) : "nothing",
  );
  if (typeof ofLeft === "object") return ofLeft;
  if (typeof ofRight === "object") return ofRight;
  const word = `${String(join.ref_type === "REGULAR" ? "" : join.ref_type)} ${String(join.join_type)}`;
  const what = `${word.trim()} JOIN`;
  if (names(join, scope)) return { because: `the condition of a ${what} reads ${scope.input}` };
  if (ofLeft === "nothing" && ofRight === "nothing") return "nothing";
  if (ofLeft === ofRight) return { because: `it joins ${scope.input} with itself` };
  const isPlain = PLAIN.includes(join.ref_type);
  const isAsof = join.ref_type === "ASOF" && ofLeft === "row by row";
  const allowed = ofLeft === "row by row" ? LEFT : RIGHT;
  if ((isPlain || isAsof) && allowed.includes(join.join_type)) return "row by row";
  const side = ofLeft === "row by row" ? "left" : "right";
  return { because: `${scope.input} is the ${side} side of a ${what}` };
}

/** Whatever looks at several rows of FROM at once, in words. */
function spoiler(select: SyntaxNode, functions: FunctionFacts): string | undefined {
  const modifier = nodesOf(select.modifiers).find((one) => !isOrder(one));
  if (modifier !== undefined)
    return `it has ${String(modifier.type).replace("_MODIFIER", "").replace("_", " ")}`;
  if (isNode(select.sample)) return "it takes a sample";
  const isGrouped =
    nodesOf(select.group_expressions).length > 0 ||
    select.aggregate_handling === "FORCE_AGGREGATES" ||
    isNode(select.having);
  if (isGrouped) return "it groups rows";
  return gathering([select.select_list, select.qualify], functions);
}

/** The aggregate or window among expressions, in words; subqueries are about rows of their own. */
export function gathering(expressions: unknown, functions: FunctionFacts): string | undefined {
  let found: string | undefined;
  visit(expressions, (node) => {
    const name = String(node.function_name ?? "").toLowerCase();
    if (node.class === "SUBQUERY") return false;
    if (node.class === "WINDOW") found ??= `it looks at several rows with ${name}() over (...)`;
    else if (node.class === "FUNCTION" && functions.aggregates.has(name))
      found ??= `it gathers rows with ${name}()`;
    return true;
  });
  return found;
}

function isOrder({ type }: SyntaxNode): boolean {
  return type === "ORDER_MODIFIER";
}

/** Parts of a kind that is not followed further. */
function otherwise(part: SyntaxNode, scope: Scope, because: string): Dependence {
  return names(part, scope) ? { because } : "nothing";
}

/** True where the part reads the input at any depth, also by way of WITH. */
function names(part: unknown, scope: Scope): boolean {
  let found = false;
  visit(part, (node) => {
    if (node.type !== "BASE_TABLE") return !found;
    const known = withNamed(node, scope);
    found ||= known === undefined ? isInput(node, scope) : names(known.query, known.scope);
    return !found;
  });
  return found;
}

function isInput({ table_name: name, schema_name: schema }: SyntaxNode, { input }: Scope): boolean {
  return schema === "" && String(name).toLowerCase() === input.toLowerCase();
}

function withNamed({ table_name: name, schema_name: schema }: SyntaxNode, { named }: Scope) {
  return schema === "" ? named.get(String(name).toLowerCase()) : undefined;
}

/** A name of WITH hides what had it before, from there on. */
function scopeOf(query: SyntaxNode, outer: Scope): Scope {
  let scope = outer;
  for (const { key, value } of entriesOf(query)) {
    const inner = isNode(value) && isNode(value.query) ? value.query.node : undefined;
    if (!isNode(inner)) continue;
    const named = new Map(scope.named).set(String(key).toLowerCase(), { query: inner, scope });
    scope = { ...scope, named };
  }
  return scope;
}

function entriesOf({ cte_map: names }: SyntaxNode): SyntaxNode[] {
  return isNode(names) ? nodesOf(names.map) : [];
}
