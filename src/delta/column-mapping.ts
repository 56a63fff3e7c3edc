/** Column mapping: the names and ids that columns have inside files. */

import { createHash } from "node:crypto";
import { MillraceError } from "../base/error.ts";
import type { DataType, Field } from "../schema/type.ts";
import type { Protocol } from "./action.ts";
import { mapFields, someField } from "./field-tree.ts";
import { hasFeature } from "./protocol.ts";

export type MappingMode = "none" | "name" | "id";

const ID = "delta.columnMapping.id";
const PHYSICAL_NAME = "delta.columnMapping.physicalName";
const MAX_ID = "delta.columnMapping.maxColumnId";
const MODE = "delta.columnMapping.mode";

/** Characters that the protocol forbids in names without mapping. */
const FORBIDDEN = /[ ,;{}()\n\t=]/;

type Configuration = Readonly<Record<string, string>>;

interface Columns {
  readonly fields: readonly Field[];
  readonly configuration: Configuration;
}

/** The mode in force: the property counts only where the protocol allows column mapping. */
export function mappingMode(protocol: Protocol, configuration: Configuration): MappingMode {
  return hasFeature(protocol, "columnMapping") ? wantedMode(configuration) : "none";
}

/** The mode that the property asks for. */
export function wantedMode(configuration: Configuration): MappingMode {
  const mode = configuration[MODE] ?? "none";
  if (mode === "none" || mode === "name" || mode === "id") return mode;
  throw new MillraceError(`The property ${MODE} is "${mode}".`, {
    code: "delta/bad-property",
    hint: "Use none, name or id.",
  });
}

/** True where a name at any depth cannot stand in a file as it is. */
export function needsMapping(fields: readonly Field[]): boolean {
  return someField(fields, ({ name }) => FORBIDDEN.test(name));
}

/** The field's name in files, partition values and statistics. */
export function physicalName(field: Field, mode: MappingMode): string {
  const name = mode === "none" ? undefined : field.metadata?.[PHYSICAL_NAME];
  return typeof name === "string" ? name : field.name;
}

/**
 * Gives every field without them an id and a physical name, and the properties that go with them.
 * The same columns over the same base get the same names, so that files can be written before the
 * commit. Columns of a table that had no mapping keep their names in files.
 */
export function assignMapping(columns: Columns, base: Columns | undefined): Columns {
  const mode = wantedMode(columns.configuration);
  if (mode === "none") return columns;
  const wasMapped = base !== undefined && wantedMode(base.configuration) !== "none";
  const known = base === undefined || wasMapped ? new Set<string>() : pathsOf(base.fields);
  let lastId = Math.max(
    Number(base?.configuration[MAX_ID] ?? 0),
    Number(columns.configuration[MAX_ID] ?? 0),
    ...idsOf(columns.fields),
  );
  const fields = mapFields(columns.fields, (field, path) => {
    if (typeof field.metadata?.[PHYSICAL_NAME] === "string") return field;
    lastId += 1;
    const key = path.join("\0");
    const physical = known.has(key) ? field.name : `col-${uuidOf(`${key}\0${lastId}`)}`;
    return {
      ...field,
      metadata: { ...field.metadata, [ID]: lastId, [PHYSICAL_NAME]: physical },
    };
  });
  return {
    fields,
    configuration: { ...columns.configuration, [MODE]: mode, [MAX_ID]: String(lastId) },
  };
}

/** Parquet field ids by physical name in the form of DuckDB's FIELD_IDS; undefined without mapping. */
export function fieldIdsOf(
  fields: readonly Field[],
  mode: MappingMode,
): Readonly<Record<string, unknown>> | undefined {
  return mode === "none" ? undefined : idsOfFields(fields);
}

function idsOfFields(fields: readonly Field[]): Record<string, unknown> {
  return Object.fromEntries(
    fields.map((field) => {
      const id = field.metadata?.[ID];
      const inner = idsOfType(field.type);
      const own = typeof id === "number" ? id : undefined;
      if (inner === undefined) return [physicalName(field, "name"), own];
      return [
        physicalName(field, "name"),
        { ...(own === undefined ? {} : { __duckdb_field_id: own }), ...inner },
      ];
    }),
  );
}

/** Only fields have ids; the elements between them are named on the way to fields below. */
function idsOfType(type: DataType): Record<string, unknown> | undefined {
  if (typeof type === "string" || type.kind === "decimal") return undefined;
  switch (type.kind) {
    case "struct":
      return idsOfFields(type.fields);
    case "array":
      return membersWithIds({ element: idsOfType(type.element) });
    case "map":
      return membersWithIds({ key: idsOfType(type.key), value: idsOfType(type.value) });
  }
}

function membersWithIds(
  members: Record<string, Record<string, unknown> | undefined>,
): Record<string, unknown> | undefined {
  const present = Object.entries(members).filter(([, ids]) => ids !== undefined);
  return present.length === 0 ? undefined : Object.fromEntries(present);
}

function idsOf(fields: readonly Field[]): number[] {
  const ids: number[] = [];
  mapFields(fields, (field) => {
    const id = field.metadata?.[ID];
    if (typeof id === "number") ids.push(id);
    return field;
  });
  return ids;
}

function pathsOf(fields: readonly Field[]): Set<string> {
  const paths = new Set<string>();
  mapFields(fields, (field, path) => {
    paths.add(path.join("\0"));
    return field;
  });
  return paths;
}

function uuidOf(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20, 32),
  ].join("-");
}
