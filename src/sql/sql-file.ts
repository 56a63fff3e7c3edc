/** SQL in files of its own: `$name` becomes the part it names, everything else stays as written. */

import { MillraceError } from "../base/error.ts";
import { nearestWord } from "../base/suggest.ts";
import type { Sql, SqlPart, SqlText } from "./template.ts";
import { tokens } from "./token.ts";

/** Reads a file beside the project file. */
export type ReadText = (path: string) => { readonly file: string; readonly text: string };

/** The same SQL with the text of every file in it put in place. */
export function loadSql(sql: Sql, read: ReadText): Sql {
  const body = "path" in sql.body ? parseSqlFile(sql.body.path, sql.body.names, read) : sql.body;
  return { kind: "sql", body: { ...body, parts: body.parts.map((part) => loadPart(part, read)) } };
}

function loadPart(part: SqlPart, read: ReadText): SqlPart {
  return typeof part === "object" && part !== null && "kind" in part && part.kind === "sql"
    ? loadSql(part, read)
    : part;
}

function parseSqlFile(
  path: string,
  names: Readonly<Record<string, SqlPart>>,
  read: ReadText,
): SqlText {
  const { file, text } = read(path);
  const texts = [""];
  const parts: SqlPart[] = [];
  const used = new Set<string>();
  let line = 1;
  const keep = (piece: string): void => {
    texts[texts.length - 1] += piece;
    line += piece.split("\n").length - 1;
  };
  for (const token of tokens(text.replace(/;\s*$/, ""))) {
    if (token.kind !== "code") {
      keep(token.text);
      continue;
    }
    let end = 0;
    for (const match of token.text.matchAll(/\$([A-Za-z_]\w*)/g)) {
      keep(token.text.slice(end, match.index));
      const name = match[1] ?? "";
      const part = Object.hasOwn(names, name) ? names[name] : undefined;
      if (part === undefined) throw unknownName(name, `${file}:${line}`, Object.keys(names));
      parts.push(part);
      texts.push("");
      used.add(name);
      end = match.index + match[0].length;
    }
    keep(token.text.slice(end));
  }
  const unused = Object.keys(names).find((name) => !used.has(name));
  if (unused !== undefined) {
    throw new MillraceError(`${file} is given "${unused}", but never uses $${unused}`, {
      code: "project/unused-name",
      hint: `Write $${unused} where it belongs, or take it out of sqlFile("${path}", { ... }).`,
    });
  }
  return { texts, parts, origin: { file, line: 1 } };
}

function unknownName(name: string, place: string, known: readonly string[]): MillraceError {
  const near = nearestWord(name, known);
  const list =
    known.length === 0
      ? "it is given no names"
      : `it is given ${known.map((one) => `$${one}`).join(", ")}`;
  return new MillraceError(`${place} refers to $${name}; ${list}`, {
    code: "project/unknown-name",
    hint: near === undefined ? `Add ${name} to the names of sqlFile().` : `Did you mean $${near}?`,
  });
}
