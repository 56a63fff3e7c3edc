/** Fields of a record that no column asks for: kept in one JSON column, or made columns of their own. */

import type { Engine } from "../engine/engine.ts";
import { text } from "../schema/column.ts";
import type { Field } from "../schema/type.ts";
import type { IngestDefinition } from "./asset.ts";
import { EXTRA_NAME } from "./check-drop.ts";
import type { ReadColumn } from "./condition.ts";
import type { Records } from "./records.ts";

/** The column that holds the rest of a record as a JSON object, for `extra: "keep"`. */
const EXTRA: Field = {
  name: EXTRA_NAME,
  type: "string",
  nullable: true,
  metadata: { comment: "fields that no column asks for, as JSON" },
};

export function extraColumn({ extra }: IngestDefinition): readonly Field[] {
  return extra === "keep" ? [EXTRA] : [];
}

/** The fields of a record itself that the contract reads, or reads something in. */
export function knownFields(read: readonly ReadColumn[], isFlat: boolean): string[] {
  const paths = read.map(({ path }) => path).filter((path) => isFlat || !path.startsWith("^."));
  return [...new Set(isFlat ? paths : paths.map((path) => path.split(".")[0] ?? path))];
}

/** The names of all fields that the records of these groups have. */
export async function discoverColumns(
  session: Engine,
  groups: readonly { readonly records: Records }[],
): Promise<string[]> {
  const names = new Set<string>();
  for (const { records } of groups) {
    const rows = await session.rows(
      `select distinct unnest(try(json_keys(${records.rawJson}))) as name from ${records.raw.relation}`,
    );
    // What the reader turned away while it looked is turned away again when it loads.
    await records.forget?.();
    for (const row of rows) names.add(String(row.name));
  }
  return [...names].toSorted();
}

/**
 * The contract with a text column for every field that it did not know. A name that no column can have stays out, and
 * so does one that was taken from the table by declaration: a former name, or a column that is dropped.
 */
export function withExtra(
  definition: IngestDefinition,
  names: readonly string[],
  before: readonly Field[],
): IngestDefinition {
  const taken = new Set(
    [
      ...definition.drop,
      ...Object.entries(definition.columns).flatMap(([name, { from, formerly }]) => [
        name,
        ...formerly,
        (from ?? name).split(".")[0] ?? "",
      ]),
    ].map((name) => name.toLowerCase()),
  );
  const columns = { ...definition.columns };
  const known = before.map(({ name }) => name);
  for (const name of [...known, ...names]) {
    const isGood =
      name.trim() !== "" &&
      !/[\p{Cc}\p{Cs}]/u.test(name) &&
      !name.startsWith("~") &&
      !name.includes(".");
    if (!isGood || taken.has(name.toLowerCase())) continue;
    taken.add(name.toLowerCase());
    columns[name] = { ...text().optional().definition, takesJson: true };
  }
  return { ...definition, columns };
}
