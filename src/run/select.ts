/** The SQL that a person asks with: held to be one SELECT by the engine's own parser, and the tables that it names and calls. */

import { MillraceError } from "../base/error.ts";
import type { Engine } from "../engine/engine.ts";
import { isNode, parseSql, type SyntaxNode, visit } from "../engine/syntax-tree.ts";
import { tokens } from "../sql/token.ts";
import { type RowFilters, rowFiltersIn } from "./row-condition.ts";
import { isTableCall, parsable, type TableCallName } from "./table-call.ts";

/** A table where the SQL reads from it. */
export interface NamedTable {
  readonly catalog: string;
  /** Empty where the SQL names none: a table expression of its own, a file, or a mistake. */
  readonly schema: string;
  readonly table: string;
  /** In characters of the text. */
  readonly offset: number;
  /** True where `at (...)` follows. */
  readonly isTimeTravel: boolean;
  /** Of the rows that the query takes from it here, where something is known of them. */
  readonly filters: RowFilters | undefined;
}

/** `delta_scan(...)` and its like where the SQL reads from it. */
export interface CalledTable {
  readonly call: TableCallName;
  /** In characters of the text. */
  readonly offset: number;
  readonly filters: RowFilters | undefined;
}

export interface Select {
  /** Without what ends a statement, so that it can stand in brackets. */
  readonly text: string;
  readonly tables: readonly NamedTable[];
  readonly calls: readonly CalledTable[];
}

/** Functions that change the engine, write files, or hide from the parser what they read. */
const REFUSED: ReadonlySet<string> = new Set([
  "arrow_scan",
  "arrow_scan_dumb",
  "checkpoint",
  "disable_logging",
  "disable_peg_parser",
  "disable_profiling",
  "enable_logging",
  "enable_peg_parser",
  "enable_profiling",
  "force_checkpoint",
  "json_execute_serialized_sql",
  "query",
  "query_table",
  "truncate_duckdb_logs",
]);

/** Throws `query/...` unless the text is one statement that only reads. */
export async function readSelect(engine: Engine, text: string): Promise<Select> {
  const tree = await parseSql(engine, parsable(text));
  if (tree.error === true) throw refusal(tree, text);
  const statements = Array.isArray(tree.statements) ? tree.statements : [];
  if (statements.length === 0) {
    throw new MillraceError("There is no statement in the SQL", {
      code: "query/empty",
      hint: 'Write one, such as millrace query "from bronze.orders limit 10"',
    });
  }
  if (statements.length > 1) {
    throw new MillraceError(`The SQL holds ${statements.length} statements`, {
      code: "query/several-statements",
      hint: "Ask one at a time.",
    });
  }
  const bytes = Buffer.from(text);
  const found: Found = {
    tables: [],
    calls: [],
    called: new Set(),
    filters: new Map(),
    offsetOf: ({ query_location: at }) => bytes.subarray(0, Number(at)).toString().length,
  };
  visit(statements, (node) => checkNode(node, found));
  return { text: withoutEnd(text), tables: found.tables, calls: found.calls };
}

interface Found {
  readonly tables: NamedTable[];
  readonly calls: CalledTable[];
  /** Function nodes of `calls`. */
  readonly called: Set<unknown>;
  /** By nodes of tables that are still to come. */
  readonly filters: Map<SyntaxNode, RowFilters>;
  offsetOf(node: SyntaxNode): number;
}

function checkNode(node: SyntaxNode, found: Found): void {
  const { tables, calls, called, filters, offsetOf } = found;
  if (node.type === "SELECT_NODE") {
    for (const [table, known] of rowFiltersIn(node)) filters.set(table, known);
  }
  if (node.type === "BASE_TABLE") {
    tables.push({
      catalog: String(node.catalog_name ?? ""),
      schema: String(node.schema_name ?? ""),
      table: String(node.table_name ?? ""),
      offset: offsetOf(node),
      isTimeTravel: isNode(node.at_clause),
      filters: filters.get(node),
    });
  }
  const name = String(node.function_name ?? "").toLowerCase();
  if (node.type === "TABLE_FUNCTION" && isNode(node.function)) {
    const call = String(node.function.function_name ?? "").toLowerCase();
    if (isTableCall(call)) {
      const isPlain = node.function.schema === "" && node.with_ordinality === "WITHOUT_ORDINALITY";
      if (!isPlain) throw badCall(call, "takes no schema before it and no WITH ORDINALITY");
      calls.push({ call, offset: offsetOf(node.function), filters: filters.get(node) });
      called.add(node.function);
    }
  }
  if (isTableCall(name) && !called.has(node))
    throw badCall(name, "gives rows, so it stands in FROM");
  if (REFUSED.has(name)) {
    throw new MillraceError(`A query may not call ${name}()`, {
      code: "query/refused-function",
      hint: "A query only reads, and says which tables it reads.",
    });
  }
  if (node.show_type === "SHOW_UNQUALIFIED") {
    throw new MillraceError("A query cannot list what is there", {
      code: "query/not-a-select",
      hint: "`millrace tables` lists the tables of the lake.",
    });
  }
}

function badCall(call: TableCallName, what: string): MillraceError {
  return new MillraceError(`${call}() ${what}`, {
    code: "query/bad-table-call",
    hint: "Write it as from delta_scan('path/of/table', version => 3) as t",
  });
}

function refusal(tree: SyntaxNode, text: string): MillraceError {
  if (tree.error_type === "parser") {
    const before = Buffer.from(text)
      .subarray(0, Number(tree.position ?? 0))
      .toString();
    const lines = before.split("\n");
    const line = text.split("\n")[lines.length - 1]?.trim() ?? "";
    return new MillraceError(
      `Parser error in SQL (line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}): ${String(tree.error_message)}\n  ${line}`,
      { code: "engine/sql" },
    );
  }
  if (codeOf(withoutEnd(text)).includes(";")) {
    return new MillraceError("The SQL holds several statements, and not all of them only read", {
      code: "query/several-statements",
      hint: "Ask one at a time.",
    });
  }
  const verb = /^[a-z]+/i.exec(codeOf(text))?.[0]?.toUpperCase() ?? "This";
  if (/\bpivot\b/i.test(codeOf(text))) {
    return new MillraceError("PIVOT must say which values become columns", {
      code: "query/not-a-select",
      hint: "pivot bronze.orders on shop in ('Basel', 'Bern') using sum(amount)",
    });
  }
  return new MillraceError(`${verb} is no query: millrace query only reads`, {
    code: "query/not-a-select",
    hint: "Write a SELECT. `--to FILE` writes its rows to a file; a project's transforms make tables.",
  });
}

/** The text without comments, strings and quoted names. */
function codeOf(text: string): string {
  const code = tokens(text).map((token) => (token.kind === "code" ? token.text : " "));
  return code.join("").trim();
}

function withoutEnd(text: string): string {
  const pieces = tokens(text).map(({ kind, text: piece }) => ({ kind, piece }));
  for (const one of pieces.toReversed()) {
    if (one.kind === "comment") continue;
    if (one.kind === "code") one.piece = one.piece.replace(/[;\s]+$/, "");
    if (one.piece !== "") break;
  }
  return pieces.map(({ piece }) => piece).join("");
}
