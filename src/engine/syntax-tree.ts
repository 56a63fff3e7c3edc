/** SELECT statements as trees of the engine's own parser: read, walked, and made into text again. */

import { parseJson, renderJson } from "../base/json.ts";
import { quoteText } from "../sql/quote.ts";
import type { Engine } from "./engine.ts";

/** An object of the tree; its members are known by the engine's version alone, so each is looked at before it is used. */
export type SyntaxNode = Readonly<Record<string, unknown>>;

/** What the parser says of a text, whether it takes it or not: `error` tells which. */
export async function parseSql(engine: Engine, text: string): Promise<SyntaxNode> {
  const [row] = await engine.rows(`select json_serialize_sql(${quoteText(text)})::varchar as tree`);
  const tree = parseJson(String(row?.tree));
  if (!isNode(tree)) throw new Error("Bug: the engine's parser gave no tree");
  return tree;
}

/** The query of a text that is one SELECT; undefined where it is not. */
export async function parseSelect(engine: Engine, text: string): Promise<SyntaxNode | undefined> {
  const { statements } = await parseSql(engine, text);
  const [first, ...others] = nodesOf(statements);
  return others.length === 0 && isNode(first?.node) ? first.node : undefined;
}

/** The text of a query; all digits of its numbers stay. */
export async function renderSelect(engine: Engine, query: SyntaxNode): Promise<string> {
  const tree = renderJson({ error: false, statements: [{ node: query, named_param_map: [] }] });
  const [row] = await engine.rows(`select json_deserialize_sql(${quoteText(tree)}) as text`);
  return String(row?.text);
}

export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The objects in a list; none where it is no list. */
export function nodesOf(value: unknown): SyntaxNode[] {
  return Array.isArray(value) ? value.filter(isNode) : [];
}

/** Shows every object of the tree, outer ones first; what `look` returns false for is not entered. */
export function visit(value: unknown, look: (node: SyntaxNode) => unknown): void {
  if (Array.isArray(value)) for (const one of value) visit(one, look);
  if (!isNode(value) || look(value) === false) return;
  for (const member of Object.values(value)) visit(member, look);
}
