/** SQL conditions as far as files can be judged by them without being read. */

import type { Filter, FilterValue } from "../delta/filter.ts";
import type { Engine } from "../engine/engine.ts";
import { isNode, nodesOf, parseSelect, type SyntaxNode, visit } from "../engine/syntax-tree.ts";
import type { Field } from "../schema/type.ts";

/** The column of the table that a name in the condition means; undefined where it means something else. */
export type ColumnFinder = (name: readonly string[]) => Field | undefined;

/** The conditions that must all be true; none where the text is no condition, which the engine will say when it runs. */
export async function conditionsOf(engine: Engine, text: string): Promise<readonly SyntaxNode[]> {
  const query = await parseSelect(engine, `SELECT 1 WHERE (\n${text}\n)`);
  return isNode(query?.where_clause) ? conjuncts(query.where_clause) : [];
}

/** Names as a condition on one table writes them. */
export function columnsNamed(fields: readonly Field[], alias: string): ColumnFinder {
  const known = new Map(fields.map((field) => [field.name.toLowerCase(), field]));
  return (name) => {
    const [first = "", second] = name.map((part) => part.toLowerCase());
    if (name.length === 1) return known.get(first);
    return name.length === 2 && first === alias ? known.get(second ?? "") : undefined;
  };
}

/** What every matching row satisfies; a condition that cannot be told as a filter tells nothing. */
export function filtersOf(conditions: readonly SyntaxNode[], find: ColumnFinder): Filter[] {
  return conditions.flatMap((condition) => filterOf(condition, find));
}

const VOLATILE = /^(random|setseed|uuid|uuidv\d|gen_random_uuid|nextval|currval)$/;

/** True where the conditions come out the same whenever they are asked of the same values. */
export function isStable(conditions: readonly SyntaxNode[]): boolean {
  let stable = true;
  visit(conditions, ({ class: kind, function_name: name }) => {
    if (kind === "SUBQUERY" || (typeof name === "string" && VOLATILE.test(name))) stable = false;
  });
  return stable;
}

/** The parts of a name where the node is one. */
export function nameIn(node: unknown): readonly string[] | undefined {
  if (!isNode(node) || node.class !== "COLUMN_REF" || !Array.isArray(node.column_names)) {
    return undefined;
  }
  return node.column_names.map(String);
}

/** The conditions of which all must be true for the one to be. */
export function conjuncts(node: SyntaxNode): SyntaxNode[] {
  return node.type === "CONJUNCTION_AND" ? nodesOf(node.children).flatMap(conjuncts) : [node];
}

const COMPARISONS: Readonly<Record<string, "=" | "<" | "<=" | ">" | ">=">> = {
  COMPARE_EQUAL: "=",
  COMPARE_NOT_DISTINCT_FROM: "=",
  COMPARE_LESSTHAN: "<",
  COMPARE_LESSTHANOREQUALTO: "<=",
  COMPARE_GREATERTHAN: ">",
  COMPARE_GREATERTHANOREQUALTO: ">=",
};
const MIRRORED = { "=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<=" } as const;

function filterOf(node: SyntaxNode, find: ColumnFinder): Filter[] {
  const op = COMPARISONS[String(node.type)];
  if (op !== undefined) {
    return (
      compared(node.left, op, node.right, find) ??
      compared(node.right, MIRRORED[op], node.left, find) ??
      []
    );
  }
  if (node.class === "BETWEEN") {
    return [
      ...(compared(node.input, ">=", node.lower, find) ?? []),
      ...(compared(node.input, "<=", node.upper, find) ?? []),
    ];
  }
  const [first, ...rest] = nodesOf(node.children);
  const field = fieldIn(first, find);
  if (field === undefined) return [];
  switch (node.type) {
    case "OPERATOR_IS_NULL":
      return [{ column: field.name, op: "is null" }];
    case "OPERATOR_IS_NOT_NULL":
      return [{ column: field.name, op: "is not null" }];
    case "COMPARE_IN": {
      const values = rest.flatMap((one) => valueFor(one, field) ?? []);
      return values.length === rest.length ? [{ column: field.name, op: "in", values }] : [];
    }
    default:
      return [];
  }
}

function compared(
  column: unknown,
  op: "=" | "<" | "<=" | ">" | ">=",
  constant: unknown,
  find: ColumnFinder,
): Filter[] | undefined {
  const field = fieldIn(column, find);
  const value = field && valueFor(constant, field);
  return field === undefined || value === undefined
    ? undefined
    : [{ column: field.name, op, value }];
}

function fieldIn(node: unknown, find: ColumnFinder): Field | undefined {
  const name = nameIn(node);
  return name && find(name);
}

/** Times that every reader takes for the same, with nothing to cut off. */
const PLAIN_DATE = /^\d{4}-\d\d-\d\d$/;
const PLAIN_TIME = /^\d{4}-\d\d-\d\d([ T]\d\d:\d\d:\d\d(\.\d{1,6})?Z?)?$/;

const NUMBERS = /^((TINY|SMALL|BIG|HUGE)INT|INTEGER|DECIMAL)$/;
const TIMES: readonly string[] = ["DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"];

/**
 * The constant as the column compares with it; undefined where the engine would bring either to
 * another type first, in which the order may be another.
 */
function valueFor(node: unknown, { type }: Field): FilterValue | undefined {
  const constant = constantIn(node);
  if (constant === undefined) return undefined;
  const { text, kind, castTo } = constant;
  if (typeof type !== "string") return isNumber(kind, castTo) ? text : undefined;
  switch (type) {
    case "byte":
    case "short":
    case "integer":
    case "long":
    case "float":
    case "double":
      return isNumber(kind, castTo) ? text : undefined;
    case "string":
      return kind === "VARCHAR" && castTo === undefined ? text : undefined;
    case "boolean":
      return castTo === "BOOLEAN" && /^[tf]$/.test(text) ? text === "t" : undefined;
    case "date":
    case "timestamp":
    case "timestamp_ntz": {
      const isTime = castTo === undefined || TIMES.includes(castTo);
      const isPlain = (castTo === "DATE" ? PLAIN_DATE : PLAIN_TIME).test(text);
      return kind === "VARCHAR" && isTime && isPlain ? text : undefined;
    }
    default:
      return undefined;
  }
}

function isNumber(kind: string, castTo: string | undefined): boolean {
  return castTo === undefined && NUMBERS.test(kind);
}

interface Constant {
  readonly text: string;
  /** The engine's name of its type. */
  readonly kind: string;
  readonly castTo: string | undefined;
}

function constantIn(node: unknown): Constant | undefined {
  if (!isNode(node)) return undefined;
  if (node.class === "CAST" && isNode(node.cast_type)) {
    const inner = constantIn(node.child);
    const { id } = node.cast_type;
    return inner && inner.castTo === undefined ? { ...inner, castTo: String(id) } : undefined;
  }
  if (node.class !== "CONSTANT" || !isNode(node.value) || node.value.is_null === true) {
    return undefined;
  }
  const { type, value } = node.value;
  const plain = typeof value === "string" || typeof value === "number" || typeof value === "bigint";
  if (!isNode(type) || !plain) return undefined;
  const scale = isNode(type.type_info) ? Number(type.type_info.scale ?? 0) : 0;
  return { text: shifted(String(value), scale), kind: String(type.id), castTo: undefined };
}

/** `125` with a scale of 2 is `1.25`. */
function shifted(digits: string, scale: number): string {
  return scale === 0 ? digits : `${digits}e-${scale}`;
}
