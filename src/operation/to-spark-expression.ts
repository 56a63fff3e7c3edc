/**
 * A condition in the engine's SQL put into the words of Spark SQL, in which the log keeps it for all writers.
 *
 * Only what means the same to both is taken: names, constants, comparisons within one family of types, AND, OR, NOT,
 * IN, BETWEEN, IS NULL, LIKE without a backslash, whole numbers and decimals added, subtracted and multiplied, CASE,
 * and a few functions. So every tree has one family, told from its leaves up, and a tree that has none is refused.
 */

import { MillraceError } from "../base/error.ts";
import type { Engine } from "../engine/engine.ts";
import { isNode, nodesOf, parseSelect, type SyntaxNode } from "../engine/syntax-tree.ts";
import type { DataType, Field } from "../schema/type.ts";
import { needsTicks } from "./spark-name.ts";

/** What a value can be compared with. */
type Family = "number" | "text" | "truth" | "day" | "instant" | "local time" | "null";

interface Term {
  readonly text: string;
  readonly family: Family;
  /** True where brackets are needed around it. */
  readonly isLoose?: boolean;
}

export interface Condition {
  /** As messages name it: `the constraint "positive" of bronze.orders`. */
  readonly name: string;
  readonly sql: string;
  /** The columns that it may name. */
  readonly fields: readonly Field[];
}

/** Throws `operation/no-common-meaning` where another engine could take the condition for another one. */
export async function toSparkExpression(engine: Engine, condition: Condition): Promise<string> {
  const query = await parseSelect(engine, `SELECT 1 WHERE (\n${condition.sql}\n)`);
  const fail = (what: string): never => {
    throw new MillraceError(`${condition.name} cannot be kept in a table: ${what}`, {
      code: "operation/no-common-meaning",
      hint: "Every engine that writes the table must read it alike: compare columns with values and each other, by and, or, not, in, between, is null, like. More can be said by rules of ingest() and checks of transform().",
    });
  };
  const isPlain =
    isNode(query?.where_clause) && query.group_expressions !== undefined && isBare(query);
  if (!isPlain || !isNode(query?.where_clause)) return fail("it is no condition of one row");
  const { text, family } = termOf(query.where_clause, { fields: condition.fields, fail });
  return family === "truth" ? text : fail(`it gives a ${family} and no truth`);
}

/** Nothing stands behind the condition that would close its brackets and go on. */
function isBare(query: SyntaxNode): boolean {
  const { modifiers, group_expressions: groups, having, qualify } = query;
  return (
    nodesOf(modifiers).length === 0 &&
    nodesOf(groups).length === 0 &&
    !isNode(having) &&
    !isNode(qualify)
  );
}

interface Place {
  readonly fields: readonly Field[];
  fail(what: string): never;
}

function termOf(node: SyntaxNode, place: Place): Term {
  switch (node.class) {
    case "COLUMN_REF":
      return columnTerm(namesOf(node), place);
    case "CONSTANT":
      return constantTerm(node, place);
    case "CAST":
      return literalTerm(node, place);
    case "COMPARISON":
      return comparison(node, place);
    case "CONJUNCTION":
      return conjunction(node, place);
    case "BETWEEN":
      return between(node, place);
    case "OPERATOR":
      return operator(node, place);
    case "FUNCTION":
      return call(node, place);
    case "CASE":
      return choice(node, place);
    default:
      return place.fail(`it has ${describe(node)}`);
  }
}

function columnTerm(names: readonly string[], { fields, fail }: Place): Term {
  let inside: readonly Field[] = fields;
  let type: DataType | undefined;
  const path: string[] = [];
  for (const name of names) {
    const field = inside.find((one) => one.name.toLowerCase() === name.toLowerCase());
    if (field === undefined) return fail(`"${names.join(".")}" is none of its columns`);
    path.push(needsTicks(field.name) ? `\`${field.name.replaceAll("`", "``")}\`` : field.name);
    type = field.type;
    inside = typeof type !== "string" && type.kind === "struct" ? type.fields : [];
  }
  const family = familyOf(type);
  if (family === undefined) return fail(`"${names.join(".")}" holds no plain values`);
  return { text: path.join("."), family };
}

function familyOf(type: DataType | undefined): Family | undefined {
  if (type === undefined) return undefined;
  if (typeof type !== "string") return type.kind === "decimal" ? "number" : undefined;
  switch (type) {
    case "byte":
    case "short":
    case "integer":
    case "long":
    case "float":
    case "double":
      return "number";
    case "string":
      return "text";
    case "boolean":
      return "truth";
    case "date":
      return "day";
    case "timestamp":
      return "instant";
    case "timestamp_ntz":
      return "local time";
    default:
      return undefined;
  }
}

function constantTerm(node: SyntaxNode, { fail }: Place): Term {
  const value = isNode(node.value) ? node.value : {};
  if (value.is_null === true) return { text: "NULL", family: "null" };
  const type = isNode(value.type) ? value.type : {};
  switch (type.id) {
    case "VARCHAR":
      return { text: sparkText(String(value.value)), family: "text" };
    case "INTEGER":
    case "BIGINT":
      return { text: String(value.value), family: "number" };
    case "DECIMAL": {
      const info = isNode(type.type_info) ? type.type_info : {};
      if (isNode(value.value)) break;
      return { text: withPoint(String(value.value), Number(info.scale)), family: "number" };
    }
    case "DOUBLE":
      return { text: Number(value.value).toExponential(), family: "number" };
    default:
  }
  return fail(`it has a constant of type ${String(type.id).toLowerCase()}`);
}

/** Spark takes backslashes in texts for escapes, and the engine does not. */
function sparkText(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

function withPoint(digits: string, scale: number): string {
  if (scale === 0) return `${digits}.`;
  const sign = digits.startsWith("-") ? "-" : "";
  const plain = digits.slice(sign.length).padStart(scale + 1, "0");
  return `${sign}${plain.slice(0, -scale)}.${plain.slice(-scale)}`;
}

const DAY = /^\d{4}-\d\d-\d\d$/;

/** `true`, `false` and `date '2024-12-31'`, which the parser has as casts of texts. */
function literalTerm(node: SyntaxNode, { fail }: Place): Term {
  const child = isNode(node.child) ? node.child : {};
  const value = isNode(child.value) ? child.value : {};
  const to = isNode(node.cast_type) ? String(node.cast_type.id) : "";
  if (child.class === "CONSTANT" && value.is_null !== true && node.try_cast !== true) {
    const text = String(value.value);
    if (to === "BOOLEAN" && text === "t") return { text: "TRUE", family: "truth" };
    if (to === "BOOLEAN" && text === "f") return { text: "FALSE", family: "truth" };
    if (to === "DATE" && DAY.test(text)) return { text: `DATE '${text}'`, family: "day" };
  }
  return fail(`it casts to ${to.toLowerCase()}, and only date '2024-12-31' is read alike`);
}

const COMPARISONS: Readonly<Record<string, string>> = {
  COMPARE_EQUAL: "=",
  COMPARE_NOTEQUAL: "<>",
  COMPARE_LESSTHAN: "<",
  COMPARE_LESSTHANOREQUALTO: "<=",
  COMPARE_GREATERTHAN: ">",
  COMPARE_GREATERTHANOREQUALTO: ">=",
  COMPARE_NOT_DISTINCT_FROM: "<=>",
};

function comparison(node: SyntaxNode, place: Place): Term {
  const [left, right] = [inner(node.left, place), inner(node.right, place)];
  oneFamily([left, right], place);
  const type = String(node.type);
  if (type === "COMPARE_DISTINCT_FROM")
    return loose(`NOT (${closed(left)} <=> ${closed(right)})`, "truth");
  const sign = COMPARISONS[type];
  if (sign === undefined) return place.fail(`it has ${describe(node)}`);
  return loose(`${closed(left)} ${sign} ${closed(right)}`, "truth");
}

function conjunction(node: SyntaxNode, place: Place): Term {
  const word = node.type === "CONJUNCTION_AND" ? " AND " : " OR ";
  const terms = nodesOf(node.children).map((child) => truth(termOf(child, place), place));
  return loose(terms.map(closed).join(word), "truth");
}

function between(node: SyntaxNode, place: Place): Term {
  const terms = [node.input, node.lower, node.upper].map((one) => inner(one, place));
  oneFamily(terms, place);
  const [value = "", low = "", high = ""] = terms.map(closed);
  return loose(`${value} BETWEEN ${low} AND ${high}`, "truth");
}

function operator(node: SyntaxNode, place: Place): Term {
  const terms = nodesOf(node.children).map((child) => termOf(child, place));
  const [first, ...rest] = terms.map(closed);
  switch (node.type) {
    case "OPERATOR_NOT":
      for (const term of terms) truth(term, place);
      return loose(`NOT ${first}`, "truth");
    case "OPERATOR_IS_NULL":
      return loose(`${first} IS NULL`, "truth");
    case "OPERATOR_IS_NOT_NULL":
      return loose(`${first} IS NOT NULL`, "truth");
    case "COMPARE_IN":
    case "COMPARE_NOT_IN": {
      oneFamily(terms, place);
      const word = node.type === "COMPARE_IN" ? "IN" : "NOT IN";
      return loose(`${first} ${word} (${rest.join(", ")})`, "truth");
    }
    case "OPERATOR_COALESCE":
      return { text: `coalesce(${terms.map(closed).join(", ")})`, family: oneFamily(terms, place) };
    default:
      return place.fail(`it has ${describe(node)}`);
  }
}

/** By name, what they take and what they give. Upper and lower case are not the same to all engines in all languages. */
const FUNCTIONS: Readonly<Record<string, readonly [takes: Family, gives: Family]>> = {
  abs: ["number", "number"],
  length: ["text", "number"],
  trim: ["text", "text"],
  year: ["day", "number"],
  month: ["day", "number"],
  day: ["day", "number"],
};

function call(node: SyntaxNode, place: Place): Term {
  const name = String(node.function_name);
  const terms = nodesOf(node.children).map((child) => termOf(child, place));
  const [first, second] = terms;
  if (first === undefined || node.distinct === true || isNode(node.filter))
    return place.fail(`it calls ${name}()`);
  if (name === "~~" || name === "!~~") return like(node, terms, place);
  if (["+", "-", "*"].includes(name) && node.is_operator === true) {
    for (const term of terms)
      if (term.family !== "number") place.fail(`it reckons with ${term.text}`);
    if (second === undefined) return loose(`${name} ${closed(first)}`, "number");
    return loose(`${closed(first)} ${name} ${closed(second)}`, "number");
  }
  const known = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  if (known === undefined || second !== undefined || first.family !== known[0]) {
    const shown = node.is_operator === true ? `the operator ${name}` : `${name}()`;
    return place.fail(`${shown} is not the same to all engines, or not for these values`);
  }
  return { text: `${name}(${first.text})`, family: known[1] };
}

/** Spark takes a backslash in a pattern for an escape, and the engine does not. */
function like(node: SyntaxNode, [value, pattern]: readonly Term[], place: Place): Term {
  const [, second] = nodesOf(node.children);
  if (value?.family !== "text" || second?.class !== "CONSTANT" || pattern?.text.includes("\\"))
    return place.fail("LIKE takes a text and a pattern without backslashes and quotes here");
  const word = node.function_name === "~~" ? "LIKE" : "NOT LIKE";
  return loose(`${closed(value)} ${word} ${pattern?.text}`, "truth");
}

function choice(node: SyntaxNode, place: Place): Term {
  const cases = nodesOf(node.case_checks).map((one) => ({
    condition: truth(inner(one.when_expr, place), place),
    value: inner(one.then_expr, place),
  }));
  const otherwise = inner(node.else_expr, place);
  const family = oneFamily([...cases.map(({ value }) => value), otherwise], place);
  const list = cases.map(({ condition, value }) => `WHEN ${condition.text} THEN ${value.text}`);
  return { text: `CASE ${list.join(" ")} ELSE ${otherwise.text} END`, family };
}

function inner(node: unknown, place: Place): Term {
  return isNode(node) ? termOf(node, place) : place.fail("it has something that nobody knows");
}

function loose(text: string, family: Family): Term {
  return { text, family, isLoose: true };
}

function closed({ text, isLoose }: Term): string {
  return isLoose === true ? `(${text})` : text;
}

function truth(term: Term, { fail }: Place): Term {
  return term.family === "truth" || term.family === "null"
    ? term
    : fail(`${term.text} is no truth`);
}

/** Engines cast values of two families to each other in ways of their own. */
function oneFamily(terms: readonly Term[], { fail }: Place): Family {
  const known = terms.filter(({ family }) => family !== "null");
  const [first] = known;
  const other = known.find(({ family }) => family !== first?.family);
  if (first === undefined) return "null";
  if (other === undefined) return first.family;
  return fail(
    `${first.text} is a ${first.family} and ${other.text} a ${other.family}, which engines compare in ways of their own`,
  );
}

function namesOf({ column_names: names }: SyntaxNode): readonly string[] {
  return Array.isArray(names) ? names.map(String) : [];
}

function describe({ class: kind, type }: SyntaxNode): string {
  if (kind === "SUBQUERY") return "a query inside, and a row must be enough";
  if (kind === "WINDOW") return "a window, and a row must be enough";
  return `${String(type ?? kind)
    .toLowerCase()
    .replaceAll("_", " ")} in it, which is not the same to all engines`;
}
