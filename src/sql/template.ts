/** SQL as a value: text with its references and values kept apart, so that the graph is known and nothing is pasted. */

import { fileURLToPath } from "node:url";
import { getCallSites } from "node:util";
import { MillraceError } from "../base/error.ts";

/** Where a piece of SQL stands, for messages. */
export interface Origin {
  readonly file: string;
  readonly line: number;
}

/** A piece of SQL with its values and references kept apart from its text. */
export interface Sql {
  readonly kind: "sql";
  readonly body: SqlText | SqlFile;
}

/** `texts` has one piece more than `parts`; they alternate. */
export interface SqlText {
  readonly texts: readonly string[];
  readonly parts: readonly SqlPart[];
  readonly origin: Origin | undefined;
}

/** A `.sql` file beside the project file, read when the project is loaded. */
interface SqlFile {
  readonly path: string;
  readonly names: Readonly<Record<string, SqlPart>>;
}

/** A table that stands in SQL by its name. */
export interface TableReference {
  readonly kind: "table";
  readonly name: string;
}

/** A value that the command line may set: `--param as_of=2022-01-01`. */
export interface Param<T = unknown> {
  readonly kind: "param";
  readonly name: string;
  readonly default: string | number | boolean;
  readonly oneOf: readonly (string | number | boolean)[] | undefined;
  readonly about: string | undefined;
  /** Carries the type of the value; never set. */
  readonly type?: T;
}

/** An address or a secret, read when used, never stored, logged or shown. */
export interface Secret {
  readonly kind: "secret";
  readonly from: "environment" | "file";
  readonly name: string;
}

/** A text that may come from outside. */
export type Text = string | Param<string> | Secret;

/** A column inside a template: rendered as the expression that stands for it there. */
export interface ColumnReference {
  readonly kind: "column";
}

/** What may stand in a SQL template. Plain values are always written as literals by one tested function. */
export type SqlPart =
  | TableReference
  | ColumnReference
  | Param
  | Sql
  | string
  | number
  | bigint
  | boolean
  | Date
  | null;

/** SQL for DuckDB; tables, columns, parameters, plain values and more SQL stand in `${}`. */
export function sql(texts: TemplateStringsArray, ...parts: readonly SqlPart[]): Sql {
  parts.forEach((part, index) => {
    checkPart(part, `\${} number ${index + 1} of a sql template`);
  });
  const body: SqlText = Object.freeze({
    texts: Object.freeze([...texts]),
    parts,
    origin: callSite(),
  });
  return Object.freeze({ kind: "sql", body });
}

/** SQL in its own file, beside the project file; `$name` in it refers to `names`. */
export function sqlFile(path: string, names: Readonly<Record<string, SqlPart>> = {}): Sql {
  for (const [name, part] of Object.entries(names)) checkPart(part, `"${name}" of ${path}`);
  const body: SqlFile = Object.freeze({ path, names: Object.freeze({ ...names }) });
  return Object.freeze({ kind: "sql", body });
}

/** A named value with a default, typed by it: `param("as_of", { default: "2022-01-01" })`. */
export function param<T extends string | number | boolean>(
  name: string,
  how: { readonly default: T; readonly oneOf?: readonly T[]; readonly about?: string },
): Param<Widened<T>> {
  if (!/^[a-z][a-z0-9_]*$/i.test(name)) {
    throw new MillraceError(`A parameter cannot be called "${name}"`, {
      code: "project/bad-name",
      hint: "Use letters, digits and _ such as as_of.",
    });
  }
  return Object.freeze({
    kind: "param",
    name,
    default: how.default,
    oneOf: how.oneOf === undefined ? undefined : Object.freeze([...how.oneOf]),
    about: how.about,
  });
}

/** A secret or address from the environment. */
export function env(name: string): Secret {
  return Object.freeze({ kind: "secret", from: "environment", name });
}

/** A secret from a file, such as a mounted one. */
export function file(path: string): Secret {
  return Object.freeze({ kind: "secret", from: "file", name: path });
}

/** The type that a default stands for: `"a"` is one string among all. */
export type Widened<T> = T extends string
  ? string
  : T extends number
    ? number
    : T extends boolean
      ? boolean
      : T;

export function isSql(value: unknown): value is Sql {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "sql";
}

function checkPart(part: unknown, place: string): asserts part is SqlPart {
  const kind = typeof part === "object" && part !== null && "kind" in part ? part.kind : undefined;
  const plain =
    part === null ||
    part instanceof Date ||
    ["string", "number", "bigint", "boolean"].includes(typeof part);
  if (plain || ["table", "column", "param", "sql"].includes(String(kind))) return;
  const found =
    kind === "secret" ? "a secret" : part === undefined ? "undefined" : `a ${typeof part}`;
  throw new MillraceError(`${place} is ${found}, which SQL cannot hold`, {
    code: "project/bad-sql-part",
    hint: "A table, a column, a param, a plain value or more sql`` may stand there; a list is written as ${a}, ${b}.",
  });
}

/** The first frame outside this file and outside the library: where the person wrote the template. */
function callSite(): Origin | undefined {
  const site = getCallSites(6).find(
    ({ scriptName }) =>
      scriptName !== "" && scriptName !== import.meta.url && !scriptName.startsWith("node:"),
  );
  if (site === undefined) return undefined;
  const file = site.scriptName.startsWith("file:")
    ? fileURLToPath(site.scriptName)
    : site.scriptName;
  return { file: file.replace(/\?.*$/, ""), line: site.lineNumber };
}
