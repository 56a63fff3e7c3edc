/** The quarantine of a table: every record that its contract turned away, with all that is needed to try it again. */

import type { Engine } from "../engine/engine.ts";
import { quotePath } from "../engine/path.ts";
import { duckdbType } from "../engine/type.ts";
import type { WrittenFile } from "../schema/table-files.ts";
import type { Field } from "../schema/type.ts";
import { literal } from "../sql/literal.ts";
import { quoteName, quoteText } from "../sql/quote.ts";
import { type Contract, REASONS } from "./contract.ts";
import type { BrokenRecords, Records } from "./records.ts";

/** A file that was turned away as a whole. */
export interface RefusedFile {
  readonly file: string;
  readonly hash: string;
  readonly line: number | undefined;
  readonly message: string;
  /** The first bytes as text. */
  readonly raw: string;
}

const FIELDS: Readonly<Record<string, Field["type"]>> = {
  /** Names the entry for replay. */
  id: "string",
  /** `record`: raw is a JSON object; `line`: a text that could not be cut into fields; `file`: a whole file. */
  form: "string",
  raw: "string",
  /** For a line: the names of the file's columns; for a record: the enclosing objects. */
  context: "string",
  source: "string",
  file: "string",
  line: "long",
  position: "string",
  reasons: REASONS,
  contract: "string",
  run: "string",
  rejected_at: "timestamp",
};

export const QUARANTINE_FIELDS: readonly Field[] = Object.entries(FIELDS).map(([name, type]) => ({
  name,
  type,
  nullable: true,
}));

export interface QuarantineInput {
  readonly engine: Engine;
  readonly folder: string;
  readonly contract: Contract;
  readonly source: string;
  readonly run: string;
  readonly at: Date;
  /** Names of fields whose values must not be kept. */
  readonly redact: readonly string[];
}

/** Writes bad rows, whose lines are known by now, with every reason; throws where one of them has none. */
export async function writeBadRows(
  input: QuarantineInput,
  records: Records,
  relation: string,
): Promise<WrittenFile[]> {
  const { contract } = input;
  const layer = records.again(relation);
  const query = select(input, {
    form: "'record'",
    raw: records.rawJson,
    context: records.context ?? "null::varchar",
    file: layer.file,
    line: layer.line,
    position: layer.place,
    reasons: `"~reasons"`,
  });
  return input.engine.write(
    `${query} from (${contract.explain(layer)}) where "~carried".raw is not null`,
    { folder: input.folder },
  );
}

/** Writes lines that the reader could not cut into values. */
export function writeBrokenRows(
  input: QuarantineInput,
  { path, names }: BrokenRecords,
): Promise<WrittenFile[]> {
  const columns =
    "{file: 'VARCHAR', line: 'BIGINT', raw: 'VARCHAR', rule: 'VARCHAR', message: 'VARCHAR'}";
  const query = select(input, {
    form: "'line'",
    raw: "b.raw",
    context: quoteText(JSON.stringify(names)),
    file: "b.file",
    line: "b.line",
    position: "b.file || ':' || b.line",
    reasons: reason("b.rule", "b.message"),
  });
  return input.engine.write(
    `${query} from read_json(${quotePath(path)}, format = 'newline_delimited', columns = ${columns}, maximum_object_size = 134217728) b`,
    { folder: input.folder },
  );
}

/** Writes one entry per file that was turned away as a whole. */
export function writeRefusedFiles(
  input: QuarantineInput,
  refused: readonly RefusedFile[],
): Promise<WrittenFile[]> {
  const queries = refused.map(({ file, hash, line, message, raw }) =>
    select(input, {
      form: "'file'",
      raw: quoteText(raw),
      context: quoteText(hash),
      file: quoteText(file),
      line: line === undefined ? "null::bigint" : literal(line),
      position: quoteText(line === undefined ? file : `${file}:${line}`),
      reasons: reason("'file'", quoteText(message)),
    }),
  );
  return input.engine.write(queries.join(" union all "), { folder: input.folder });
}

type Made = "form" | "raw" | "context" | "file" | "line" | "position" | "reasons";

function select(
  { contract, source, run, at, redact }: QuarantineInput,
  made: Readonly<Record<Made, string>>,
): string {
  const values: Readonly<Record<string, string>> = {
    ...made,
    id: "uuid()::varchar",
    raw: redacted(made.raw, redact),
    context: redacted(made.context, redact),
    source: quoteText(source),
    contract: quoteText(contract.version),
    run: quoteText(run),
    rejected_at: literal(at),
  };
  const list = QUARANTINE_FIELDS.map(
    ({ name, type }) => `(${values[name]})::${duckdbType(type)} as ${quoteName(name)}`,
  );
  return `select ${list.join(", ")}`;
}

function reason(rule: string, message: string): string {
  return `[struct_pack("column" := null::varchar, "rule" := ${rule}, "message" := ${message}, "value" := null::varchar)]`;
}

/** Replaces the values of these fields at every depth, also in texts that are no JSON. */
function redacted(text: string, names: readonly string[]): string {
  return names.reduce((masked, name) => {
    const key = JSON.stringify(name).replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
    const pattern = `(${key}\\s*:\\s*)("(?:[^"\\\\]|\\\\.)*"?|[^,}\\]\\s]+)`;
    return `regexp_replace(${masked}, ${quoteText(pattern)}, '\\1"***"', 'g')`;
  }, text);
}
