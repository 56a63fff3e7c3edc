/** The quarantine of a table: every record that its contract turned away, with all that is needed to try it again. */

import type { Engine } from "../engine/engine.ts";
import { quotePath } from "../engine/path.ts";
import { duckdbType } from "../engine/type.ts";
import type { WrittenFile } from "../schema/table-files.ts";
import type { Field } from "../schema/type.ts";
import type { CsvDialect } from "../source/csv-record.ts";
import { literal } from "../sql/literal.ts";
import { quoteName, quoteText } from "../sql/quote.ts";
import { type Contract, REASONS } from "./contract.ts";
import type { BrokenRecords, Records } from "./records.ts";
import { secretsOf } from "./redact.ts";
import { redactEntries } from "./redact-entry.ts";

/** A file that was turned away as a whole. */
export interface RefusedFile {
  readonly file: string;
  readonly hash: string;
  readonly line: number | undefined;
  readonly message: string;
  /** The first bytes as text. */
  readonly raw: string;
}

/** The engine keeps twice as much in memory for each file that it reads. */
const LEAST_OBJECT_BYTES = 2 ** 20;

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
export function writeBadRows(
  input: QuarantineInput,
  records: Records,
  relation: string,
): Promise<WrittenFile[]> {
  const layer = records.again(relation);
  const made: Entry = {
    form: "'record'",
    raw: records.rawJson,
    context: records.context ?? "null::varchar",
    file: layer.file,
    line: layer.line,
    position: layer.place,
    reasons: `"~reasons"`,
  };
  const explained = records.areMostlyBad
    ? `select *, "~carried".reasons as "~reasons" from ${layer.relation}`
    : input.contract.explain(layer);
  const from = `(${explained}) where "~carried".raw is not null`;
  return write(input, made, from, undefined);
}

/** Writes lines that the reader could not cut into values. */
export function writeBrokenRows(
  input: QuarantineInput,
  { path, longestBytes, names, dialect }: BrokenRecords,
): Promise<WrittenFile[]> {
  const columns =
    "{file: 'VARCHAR', line: 'BIGINT', raw: 'VARCHAR', rule: 'VARCHAR', message: 'VARCHAR'}";
  const made: Entry = {
    form: "'line'",
    raw: "b.raw",
    context: quoteText(JSON.stringify(names)),
    file: "b.file",
    line: "b.line",
    position: "b.file || ':' || b.line",
    reasons: reason("b.rule", "b.message"),
  };
  const size = Math.max(LEAST_OBJECT_BYTES, 2 * longestBytes);
  const from = `read_json(${quotePath(path)}, format = 'newline_delimited', columns = ${columns}, maximum_object_size = ${size}) b`;
  return write(input, made, from, dialect);
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

type Entry = Readonly<
  Record<"form" | "raw" | "context" | "file" | "line" | "position" | "reasons", string>
>;

async function write(
  input: QuarantineInput,
  made: Entry,
  from: string,
  dialect: CsvDialect | undefined,
): Promise<WrittenFile[]> {
  const { engine, folder, redact } = input;
  if (redact.length === 0) return engine.write(`${select(input, made)} from ${from}`, { folder });
  const list = Object.entries(made).map(([name, value]) => `${value} as "~${name}"`);
  const names = Object.keys(made).map((name) => `"~${name}" as ${name}`);
  const query = `select ${names.join(", ")} from (select ${list.join(", ")} from ${from})`;
  const secrets = secretsOf(redact);
  const relation = await redactEntries({ engine, folder, secrets, dialect }, query);
  const same = Object.fromEntries(Object.keys(made).map((name) => [name, `e.${name}`]));
  return engine.write(`${select(input, same as Entry)} from ${relation} e`, { folder });
}

function select({ contract, source, run, at }: QuarantineInput, made: Entry): string {
  const values: Readonly<Record<string, string>> = {
    ...made,
    id: "uuid()::varchar",
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
