/** What a table should be: its columns and properties, made complete before files are written. */

import { MillraceError } from "../base/error.ts";
import type { Field } from "../schema/type.ts";
import type { MetadataAction, Protocol } from "./action.ts";
import { parseColumnList } from "./column-list.ts";
import {
  assignMapping,
  fieldIdsOf,
  mappingMode,
  needsMapping,
  physicalName,
  wantedMode,
} from "./column-mapping.ts";
import { featuresOf, withoutRequests } from "./feature.ts";
import { findField, mapFields, visitFields } from "./field-tree.ts";
import { type Configuration, checkProperties, isOn } from "./property.ts";
import { protocolFor } from "./protocol.ts";
import { renderSchema } from "./schema-text.ts";
import type { Snapshot } from "./snapshot.ts";
import { rememberWidening } from "./widening.ts";

export interface TableSpec {
  readonly name?: string;
  readonly fields: readonly Field[];
  /** Logical names. */
  readonly partitionColumns?: readonly string[];
  /** Table properties, `delta.*` and one's own; over an existing table they are added to its own. */
  readonly configuration?: Configuration;
}

/** A spec with nothing left to choose: what the commit will write. */
export interface PlannedTable {
  readonly metadata: Omit<MetadataAction, "id" | "createdTime">;
  readonly fields: readonly Field[];
  readonly protocol: Protocol;
}

/** All that a plan is made of. */
export interface TableContent {
  readonly name: string | undefined;
  readonly description: string | undefined;
  readonly fields: readonly Field[];
  /** Logical names. */
  readonly partitionColumns: readonly string[];
  /** `delta.feature.x` among them asks for a feature. */
  readonly configuration: Configuration;
}

/** Completes a spec, over the table it changes if there is one; pure, so planning twice gives the same. */
export function planTable(spec: TableSpec, base?: Snapshot): PlannedTable {
  const before = base?.metadata;
  const asked = spec.configuration ?? {};
  checkProperties(asked);
  const configuration = { ...before?.configuration, ...asked };
  return completeTable(
    {
      name: spec.name ?? before?.name,
      description: before?.description,
      fields: before === undefined ? spec.fields : inheritMetadata(spec.fields, before.fields),
      partitionColumns: spec.partitionColumns ?? before?.partitionColumns ?? [],
      configuration,
    },
    base,
  );
}

/** Gives a table that is whole but for them its column ids, its history of types and its protocol. */
export function completeTable(content: TableContent, base?: Snapshot): PlannedTable {
  const { name, description, partitionColumns } = content;
  const { asked, configuration: wanted } = withoutRequests(content.configuration);
  checkNames(content);
  const before = base?.metadata;
  const fields =
    before === undefined
      ? content.fields
      : rememberWidening(before.fields, content.fields, isOn(wanted, "delta.enableTypeWidening"));
  const configuration =
    wantedMode(wanted) === "none" && needsMapping(fields)
      ? { ...wanted, "delta.columnMapping.mode": "name" }
      : wanted;
  checkStatisticsColumns(fields, configuration);
  if (before !== undefined) checkSwitches(configuration, before.configuration);
  const plain = wantedMode(configuration) === "none" ? withoutParquetIds(fields) : fields;
  const planned = assignMapping({ fields: plain, configuration }, before);
  return {
    metadata: {
      ...(name === undefined ? {} : { name }),
      ...(description === undefined ? {} : { description }),
      schemaString: renderSchema(planned.fields),
      partitionColumns,
      configuration: planned.configuration,
    },
    fields: planned.fields,
    protocol: protocolFor(featuresOf(planned.fields, planned.configuration, asked), base?.protocol),
  };
}

export interface PhysicalColumn {
  readonly name: string;
  readonly physicalName: string;
}

/** The names that the columns have in data files, the outermost level of them. `base` is the table that a spec changes. */
export function physicalColumns(table: TableSpec | Snapshot, base?: Snapshot): PhysicalColumn[] {
  const { fields, mode } = layoutOf(table, base);
  return fields.map((field) => ({ name: field.name, physicalName: physicalName(field, mode) }));
}

/** Parquet field ids as the engine's writer wants them; undefined where the files must hold none. */
export function fieldIds(
  table: TableSpec | Snapshot,
  base?: Snapshot,
): Readonly<Record<string, unknown>> | undefined {
  const { fields, mode, partitionColumns } = layoutOf(table, base);
  const inFiles = fields.filter(({ name }) => !partitionColumns.includes(name));
  return fieldIdsOf(inFiles, mode);
}

/** How a table's files are laid out. */
export interface Layout {
  readonly fields: readonly Field[];
  readonly mode: ReturnType<typeof mappingMode>;
  /** Logical names. */
  readonly partitionColumns: readonly string[];
  readonly configuration: Readonly<Record<string, string>>;
}

export function layoutOf(table: TableSpec | Snapshot, base?: Snapshot): Layout {
  if ("state" in table) {
    const { fields, partitionColumns, configuration } = table.metadata;
    const mode = mappingMode(table.protocol, configuration);
    return { fields, partitionColumns, configuration, mode };
  }
  const { fields, metadata, protocol } = planTable(table, base);
  const { partitionColumns, configuration } = metadata;
  const mode = mappingMode(protocol, configuration);
  return { fields, partitionColumns, configuration, mode };
}

/** Fields that the table has already keep what its log says about them. */
function inheritMetadata(fields: readonly Field[], before: readonly Field[]): readonly Field[] {
  const known = new Map<string, Field>();
  mapFields(before, (field, path) => {
    known.set(path.join("\0"), field);
    return field;
  });
  return mapFields(fields, (field, path) => {
    const metadata = { ...known.get(path.join("\0"))?.metadata, ...field.metadata };
    return Object.keys(metadata).length === 0 ? field : { ...field, metadata };
  });
}

/** A reader that finds these in a table without mapping looks for columns by them, and finds only nulls. */
function withoutParquetIds(fields: readonly Field[]): readonly Field[] {
  return mapFields(fields, (field) => {
    const { "parquet.field.id": id, ...metadata } = field.metadata ?? {};
    return id === undefined ? field : { ...field, metadata };
  });
}

/** A name that is no column's would silently leave the files without statistics. */
function checkStatisticsColumns(fields: readonly Field[], configuration: Configuration): void {
  const named = parseColumnList(configuration["delta.dataSkippingStatsColumns"] ?? "") ?? [];
  const unknown = named.find((path) => findField(fields, path) === undefined);
  if (unknown === undefined) return;
  throw new MillraceError(
    `The property delta.dataSkippingStatsColumns names ${unknown.join(".")}, which is no column.`,
    { code: "delta/bad-property", hint: "Name columns of the table, or leave the property out." },
  );
}

/** `before` are the properties of the table that changes, whose files stay as they are. */
function checkSwitches(configuration: Configuration, before: Configuration): void {
  const [from, to] = [wantedMode(before), wantedMode(configuration)];
  if (from !== to && !(from === "none" && to === "name")) {
    throw new MillraceError(`The table's column mapping is ${from} and cannot become ${to}.`, {
      code: "delta/bad-property",
      hint: "Its files were written for the old mode; make a new table.",
    });
  }
}

function checkNames({ fields, partitionColumns }: TableContent): void {
  const seen = new Map<string, string>();
  visitFields(fields, ({ name }, path) => {
    const key = path.join("\0").toLowerCase();
    const twin = seen.get(key);
    if (twin !== undefined) {
      throw new MillraceError(
        `The columns "${twin}" and "${path.join(".")}" differ only in case, if at all.`,
        {
          code: "delta/bad-schema",
          hint: "Readers match names without case; rename one of them.",
        },
      );
    }
    if (name === "") throw namelessColumn(path);
    seen.set(key, path.join("."));
  });
  for (const name of partitionColumns) {
    const type = fields.find((field) => field.name === name)?.type;
    if (type !== undefined && (typeof type === "string" || type.kind === "decimal")) continue;
    throw new MillraceError(
      type === undefined
        ? `The table is partitioned by "${name}", which is not among its columns.`
        : `The table is partitioned by "${name}", which is nested.`,
      { code: "delta/bad-schema", hint: "Partition by columns of a plain type." },
    );
  }
  if (fields.length > 0 && partitionColumns.length === fields.length) {
    throw new MillraceError("Every column of the table is a partition column.", {
      code: "delta/bad-schema",
      hint: "Leave at least one column for the files.",
    });
  }
}

function namelessColumn(path: readonly string[]): MillraceError {
  return new MillraceError(`A column${path.length > 1 ? ` in ${path[0]}` : ""} has no name.`, {
    code: "delta/bad-schema",
    hint: "Give each column a name.",
  });
}
