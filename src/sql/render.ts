/** A SQL value to SQL text: references resolved, values as literals, every line traced to where a person wrote it. */

import { literal } from "./literal.ts";
import type {
  ColumnReference,
  Origin,
  Param,
  Sql,
  SqlPart,
  SqlText,
  TableReference,
} from "./template.ts";

/** How references become text. */
export interface Resolver {
  table(table: TableReference): string;
  column(column: ColumnReference): string;
  param(param: Param): string | number | boolean;
}

export interface Rendered {
  readonly text: string;
  /** The origin of each line of `text`, by index. */
  readonly origins: readonly (Origin | undefined)[];
}

/** Renders a loaded SQL value (`loadSql` has put the text of files in place). */
export function renderSql(sql: Sql, resolver: Resolver): Rendered {
  const lines: { text: string; origin: Origin | undefined }[] = [{ text: "", origin: undefined }];
  append(sql);
  return {
    text: lines.map(({ text }) => text).join("\n"),
    origins: lines.map(({ origin }) => origin),
  };

  function append(value: Sql): void {
    const { texts, parts, origin } = textOf(value);
    let line = origin?.line ?? 0;
    texts.forEach((text, index) => {
      const at = (offset: number): Origin | undefined =>
        origin === undefined ? undefined : { file: origin.file, line: line + offset };
      text.split("\n").forEach((piece, offset) => {
        if (offset > 0) lines.push({ text: "", origin: at(offset) });
        put(piece, at(offset));
      });
      line += text.split("\n").length - 1;
      const part = parts[index];
      if (part !== undefined) appendPart(part, at(0));
    });
  }

  function appendPart(part: SqlPart, origin: Origin | undefined): void {
    if (typeof part === "object" && part !== null && !(part instanceof Date)) {
      if (part.kind === "sql") append(part);
      else if (part.kind === "table") put(resolver.table(part), origin);
      else if (part.kind === "column") put(resolver.column(part), origin);
      else put(literal(resolver.param(part)), origin);
    } else {
      put(literal(part), origin);
    }
  }

  function put(text: string, origin: Origin | undefined): void {
    const last = lines.at(-1);
    if (last === undefined) return;
    last.text += text;
    last.origin ??= origin;
  }
}

/** Every table that a loaded SQL value refers to, each once. */
export function tablesOf(sql: Sql): TableReference[] {
  return [
    ...new Map(
      partsOf(sql)
        .filter(isTable)
        .map((table) => [table.name, table]),
    ).values(),
  ];
}

/** Every parameter that a loaded SQL value refers to, each once. */
export function paramsOf(sql: Sql): Param[] {
  return [
    ...new Map(
      partsOf(sql)
        .filter(isParam)
        .map((param) => [param.name, param]),
    ).values(),
  ];
}

/** The body of a SQL value whose file, if any, has been read. */
function textOf(sql: Sql): SqlText {
  if ("path" in sql.body) throw new Error(`Bug: ${sql.body.path} was not loaded before use`);
  return sql.body;
}

function partsOf(sql: Sql): SqlPart[] {
  return textOf(sql).parts.flatMap((part) => (isSqlPart(part) ? partsOf(part) : [part]));
}

function isSqlPart(part: SqlPart): part is Sql {
  return typeof part === "object" && part !== null && "kind" in part && part.kind === "sql";
}

function isTable(part: SqlPart): part is TableReference {
  return typeof part === "object" && part !== null && "kind" in part && part.kind === "table";
}

function isParam(part: SqlPart): part is Param {
  return typeof part === "object" && part !== null && "kind" in part && part.kind === "param";
}
