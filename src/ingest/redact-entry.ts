/** Entries of a quarantine on their way into it, without the values of secret fields. */

import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { renderJson } from "../base/json.ts";
import type { Engine, Row } from "../engine/engine.ts";
import { quotePath } from "../engine/path.ts";
import type { CsvDialect } from "../source/csv-record.ts";
import type { FileSource } from "../source/file-source.ts";
import { redactLine } from "./csv-line.ts";
import { MASK, redactJson, type Secrets } from "./redact.ts";

/** What an entry is made of. */
const COLUMNS =
  `{form: 'VARCHAR', raw: 'VARCHAR', context: 'VARCHAR', file: 'VARCHAR', line: 'BIGINT', position: 'VARCHAR', reasons: 'STRUCT("column" VARCHAR, "rule" VARCHAR, message VARCHAR, "value" VARCHAR)[]'}` as const;
const LEAST_OBJECT_BYTES = 16 * 2 ** 20;

export interface RedactInput {
  readonly engine: Engine;
  /** A staging folder. */
  readonly folder: string;
  readonly secrets: Secrets;
  /** For lines of CSV files. */
  readonly dialect: CsvDialect | undefined;
}

/** A relation of the entries that the query gives, written anew piece by piece. */
export async function redactEntries(
  { engine, folder, secrets, dialect }: RedactInput,
  query: string,
): Promise<string> {
  const target = join(folder, `redacted-${randomUUID()}.ndjson`);
  const out = createWriteStream(target, { flags: "wx" });
  let longest = 0;
  for await (const rows of engine.stream(query)) {
    for (const row of rows) {
      const line = Buffer.from(`${renderJson(redactEntry(row, dialect, secrets))}\n`);
      longest = Math.max(longest, line.length);
      if (!out.write(line)) await once(out, "drain");
    }
  }
  out.end();
  await finished(out);
  const size = Math.max(LEAST_OBJECT_BYTES, 2 * longest);
  return `read_json(${quotePath(target)}, format = 'newline_delimited', columns = ${COLUMNS}, maximum_object_size = ${size})`;
}

/** The first bytes of a file that was refused whole. */
export function redactStart(start: string, source: FileSource, secrets: Secrets): string {
  switch (source.format) {
    case "json":
    case "ndjson":
      return redactJson(start, secrets);
    case "csv": {
      const { delimiter = ",", quote = '"', names } = source.options;
      const [head = "", ...rest] = start.split(/(?<=\r\n|\n|\r(?!\n))/);
      const body = source.options.header === false ? [head, ...rest] : rest;
      const title = source.options.header === false ? "" : head;
      const columns = names ?? title.replace(/^\ufeff|\r?\n?$/g, "").split(delimiter);
      const plain = columns.map((name) => name.trim().replaceAll(quote, ""));
      const isKnown = plain.some((name) => secrets.has(name));
      // A name that is no title by itself: another separator, another encoding, or a value.
      if (!isKnown) return secrets.find(start) < 0 ? start : `${title}${MASK}`;
      const dialect = { delimiter, quote };
      const lines = body.map((line) => {
        const end = /[\r\n]*$/.exec(line)?.[0] ?? "";
        const text = line.slice(0, line.length - end.length);
        return text === "" ? line : redactLine(text, "fields", plain, dialect, secrets) + end;
      });
      return title + lines.join("");
    }
    case "xlsx":
    case "parquet":
      return MASK;
  }
}

function redactEntry(row: Row, dialect: CsvDialect | undefined, secrets: Secrets): Row {
  const raw = row.raw === null || row.raw === undefined ? null : String(row.raw);
  const isCsvLine = row.form === "line" && dialect !== undefined;
  const reasons = (row.reasons ?? []) as readonly Readonly<Record<string, string | null>>[];
  const kept =
    raw === null
      ? null
      : isCsvLine
        ? redactLine(raw, reasons[0]?.rule ?? "", namesOf(row.context), dialect, secrets)
        : redactJson(raw, secrets);
  return {
    ...row,
    raw: kept,
    context: row.form === "record" ? redactText(row.context, secrets) : (row.context ?? null),
    reasons: reasons.map(({ column, rule, message, value }) => ({
      column: column ?? null,
      rule: rule ?? null,
      // What a parser says of a text shows some of it.
      message:
        row.form === "line" && kept !== raw ? plainMessage(message ?? "") : (message ?? null),
      value: redactText(value, secrets),
    })),
  };
}

function namesOf(context: unknown): readonly string[] {
  return JSON.parse(String(context ?? "[]")) as readonly string[];
}

function redactText(text: unknown, secrets: Secrets): string | null {
  if (text === null || text === undefined) return null;
  const plain = String(text);
  return /^\s*[{[]/.test(plain) ? redactJson(plain, secrets) : plain;
}

function plainMessage(message: string): string {
  return message.replace(/^(is not valid JSON): .*$/s, "$1");
}
