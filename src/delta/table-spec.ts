/** What a table should be: its columns and properties, made complete before files are written. */

import { MillraceError } from "../base/error.ts";
import type { Field } from "../schema/type.ts";
import type { MetadataAction, Protocol } from "./action.ts";
import {
  assignMapping,
  fieldIdsOf,
  mappingMode,
  needsMapping,
  physicalName,
  wantedMode,
} from "./column-mapping.ts";
import { holdsType, mapFields } from "./field-tree.ts";
import { protocolFor } from "./protocol.ts";
import { renderSchema } from "./schema-text.ts";
import { keepsTimes, type Snapshot } from "./snapshot.ts";

export interface TableSpec {
  readonly name?: string;
  readonly fields: readonly Field[];
  /** Logical names. */
  readonly partitionColumns?: readonly string[];
  /** Table properties, `delta.*` and one's own; over an existing table they are added to its own. */
  readonly configuration?: Readonly<Record<string, string>>;
}

/** A spec with nothing left to choose: what the commit will write. */
export interface PlannedTable {
  readonly metadata: Omit<MetadataAction, "id" | "createdTime">;
  readonly fields: readonly Field[];
  readonly protocol: Protocol;
}

/** Properties that bring duties we do not fulfil. */
const REFUSED_PROPERTIES: Readonly<Record<string, string>> = {
  "delta.enableDeletionVectors": "deletion vectors",
  "delta.enableRowTracking": "row tracking",
  "delta.enableIcebergCompatV1": "Iceberg compatibility",
  "delta.enableIcebergCompatV2": "Iceberg compatibility",
};

/** Completes a spec, over the table it changes if there is one; pure, so planning twice gives the same. */
export function planTable(spec: TableSpec, base?: Snapshot): PlannedTable {
  checkNames(spec);
  const before = base && {
    fields: base.metadata.fields,
    configuration: base.metadata.configuration,
  };
  const asked = { ...before?.configuration, ...spec.configuration };
  const inherited =
    before === undefined ? spec.fields : inheritMetadata(spec.fields, before.fields);
  const configuration =
    wantedMode(asked) === "none" && needsMapping(inherited)
      ? { ...asked, "delta.columnMapping.mode": "name" }
      : asked;
  checkProperties(spec.configuration ?? {});
  if (before !== undefined) checkSwitches(configuration, before.configuration);
  const planned = assignMapping({ fields: inherited, configuration }, before);
  const name = spec.name ?? base?.metadata.name;
  return {
    metadata: {
      ...(name === undefined ? {} : { name }),
      ...(base?.metadata.description === undefined
        ? {}
        : { description: base.metadata.description }),
      schemaString: renderSchema(planned.fields),
      partitionColumns: spec.partitionColumns ?? base?.metadata.partitionColumns ?? [],
      configuration: planned.configuration,
    },
    fields: planned.fields,
    protocol: protocolFor(featuresOf(planned.fields, planned.configuration), base?.protocol),
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

function featuresOf(fields: readonly Field[], configuration: Readonly<Record<string, string>>) {
  const reader = [
    ...(wantedMode(configuration) === "none" ? [] : ["columnMapping"]),
    ...(fields.some(({ type }) => holdsType(type, "timestamp_ntz")) ? ["timestampNtz"] : []),
    ...(configuration["delta.checkpointPolicy"] === "v2" ? ["v2Checkpoint"] : []),
  ];
  const isOn = (key: string) => configuration[key] === "true";
  const writer = [
    ...(isOn("delta.appendOnly") ? ["appendOnly"] : []),
    ...(isOn("delta.enableChangeDataFeed") ? ["changeDataFeed"] : []),
    ...(isOn("delta.enableInCommitTimestamps") ? ["inCommitTimestamp"] : []),
  ];
  return { reader, writer };
}

function checkProperties(configuration: Readonly<Record<string, string>>): void {
  for (const [key, what] of Object.entries(REFUSED_PROPERTIES)) {
    if (configuration[key] !== "true") continue;
    throw new MillraceError(
      `The property ${key} asks for ${what}, which Millrace does not write.`,
      {
        code: "delta/bad-property",
        hint: "Leave the property out.",
      },
    );
  }
}

/** `before` are the properties of the table that changes, whose files stay as they are. */
function checkSwitches(
  configuration: Readonly<Record<string, string>>,
  before: Readonly<Record<string, string>>,
): void {
  const [from, to] = [wantedMode(before), wantedMode(configuration)];
  if (from !== to && !(from === "none" && to === "name")) {
    throw new MillraceError(`The table's column mapping is ${from} and cannot become ${to}.`, {
      code: "delta/bad-property",
      hint: "Its files were written for the old mode; make a new table.",
    });
  }
  if (keepsTimes(configuration) && !keepsTimes(before)) {
    throw new MillraceError("In-commit timestamps can only be switched on when a table is made.", {
      code: "delta/bad-property",
      hint: "Leave delta.enableInCommitTimestamps out, or make a new table.",
    });
  }
}

function checkNames({ fields, partitionColumns = [] }: TableSpec): void {
  const seen = new Map<string, string>();
  for (const { name } of fields) {
    const twin = seen.get(name.toLowerCase());
    if (twin !== undefined) {
      throw new MillraceError(
        `The columns "${twin}" and "${name}" differ only in case, if at all.`,
        {
          code: "delta/bad-schema",
          hint: "Readers match names without case; rename one of them.",
        },
      );
    }
    seen.set(name.toLowerCase(), name);
  }
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
