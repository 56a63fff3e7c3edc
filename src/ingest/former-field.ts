/**
 * Old entries of a quarantine read under the names of now: a field that the record has not under its column's name,
 * and has under a former one, is taken from there. Only replays do so. A file is read by the names that are declared,
 * since in it a field of an old name may have become another thing.
 */

import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { isJsonObject, type JsonObject, parseJsonExactly, renderJson } from "../base/json.ts";
import type { Engine } from "../engine/engine.ts";
import { quotePath } from "../engine/path.ts";
import type { ColumnDefinition, ColumnType } from "../schema/column.ts";
import { quoteText } from "../sql/quote.ts";

type Columns = Readonly<Record<string, ColumnDefinition>>;

export interface FormerInput {
  readonly engine: Engine;
  /** A staging folder. */
  readonly folder: string;
  readonly columns: Columns;
}

/** `relation` has `id` and `raw`, a JSON object or null; so has what it resolves to, with all its other columns. */
export async function underNewNames(
  { engine, folder, columns }: FormerInput,
  relation: string,
): Promise<string> {
  const names = formerNames(columns);
  if (names.length === 0) return relation;
  // A name with an escape in it cannot be looked for as a text.
  const texts = [...names.map((name) => JSON.stringify(name)), "\\"];
  const mayHave = texts.map((text) => `contains(raw, ${quoteText(text)})`).join(" or ");
  const target = join(folder, `renamed-${randomUUID()}.ndjson`);
  const out = createWriteStream(target, { flags: "wx" });
  for await (const rows of engine.stream(`select id, raw from ${relation} where ${mayHave}`)) {
    for (const { id, raw } of rows) {
      const record = parseJsonExactly(String(raw));
      if (!isJsonObject(record)) continue;
      const line = renderJson({ id, raw: renderJson(renamed(record, columns)) });
      if (!out.write(`${line}\n`)) await once(out, "drain");
    }
  }
  out.end();
  await finished(out);
  const read = `read_json(${quotePath(target)}, format = 'newline_delimited', columns = {id: 'VARCHAR', raw: 'VARCHAR'})`;
  return `(select r.* replace (coalesce(n.raw, r.raw) as raw) from ${relation} as r left join ${read} as n on n.id = r.id)`;
}

function formerNames(columns: Columns): string[] {
  return Object.values(columns).flatMap(({ type, formerly }) => [
    ...formerly,
    ...namesInside(type),
  ]);
}

function namesInside(type: ColumnType): string[] {
  if (type.kind === "struct") return formerNames(type.of);
  return type.kind === "list" ? namesInside(type.of.type) : [];
}

function renamed(record: JsonObject, columns: Columns): JsonObject {
  const read = new Set(Object.values(columns).map(({ from }) => from?.split(".")[0]));
  const fields: Record<string, unknown> = { ...record };
  for (const [name, { type, from, formerly }] of Object.entries(columns)) {
    const field = from ?? name;
    const former = formerly.find((one) => Object.hasOwn(record, one));
    if (from === undefined && former !== undefined && !Object.hasOwn(record, field)) {
      fields[field] = record[former];
      if (!read.has(former)) delete fields[former];
    }
    if (Object.hasOwn(fields, field)) fields[field] = renamedInside(fields[field], type);
  }
  return fields;
}

function renamedInside(value: unknown, type: ColumnType): unknown {
  if (type.kind === "struct") return isJsonObject(value) ? renamed(value, type.of) : value;
  if (type.kind !== "list" || !Array.isArray(value)) return value;
  return value.map((one: unknown) => renamedInside(one, type.of.type));
}
