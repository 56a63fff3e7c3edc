/** Which table features the columns and properties of a table need. */

import { MillraceError } from "../base/error.ts";
import type { Field } from "../schema/type.ts";
import { holdsType, someField } from "./field-tree.ts";
import { CONSTRAINT_PREFIX, type Configuration, FEATURE_PREFIX, isOn } from "./property.ts";

export interface Features {
  /** Bind readers and writers. */
  readonly reader: readonly string[];
  /** Bind writers alone. */
  readonly writer: readonly string[];
}

interface Feature {
  readonly name: string;
  readonly binds: "readers" | "writers";
  /** True where the table makes use of it; features without one are asked for by name alone. */
  readonly isUsed?: (fields: readonly Field[], configuration: Configuration) => boolean;
}

/** All that we write. */
const FEATURES: readonly Feature[] = [
  { name: "columnMapping", binds: "readers", isUsed: (_, of) => isMapped(of) },
  {
    name: "deletionVectors",
    binds: "readers",
    isUsed: (_, of) => isOn(of, "delta.enableDeletionVectors"),
  },
  { name: "timestampNtz", binds: "readers", isUsed: holdsLocalTime },
  {
    name: "typeWidening",
    binds: "readers",
    isUsed: (fields, of) => isOn(of, "delta.enableTypeWidening") || wasWidened(fields),
  },
  {
    name: "v2Checkpoint",
    binds: "readers",
    isUsed: (_, of) => of["delta.checkpointPolicy"] === "v2",
  },
  { name: "vacuumProtocolCheck", binds: "readers" },
  { name: "appendOnly", binds: "writers", isUsed: (_, of) => isOn(of, "delta.appendOnly") },
  {
    name: "changeDataFeed",
    binds: "writers",
    isUsed: (_, of) => isOn(of, "delta.enableChangeDataFeed"),
  },
  {
    name: "checkConstraints",
    binds: "writers",
    isUsed: (_, of) => Object.keys(of).some((key) => key.startsWith(CONSTRAINT_PREFIX)),
  },
  { name: "domainMetadata", binds: "writers" },
  {
    name: "inCommitTimestamp",
    binds: "writers",
    isUsed: (_, of) => isOn(of, "delta.enableInCommitTimestamps"),
  },
  { name: "invariants", binds: "writers" },
];

/** The features in use, and those that `asked` names though nothing uses them yet. */
export function featuresOf(
  fields: readonly Field[],
  configuration: Configuration,
  asked: readonly string[] = [],
): Features {
  const unknown = asked.find((name) => !FEATURES.some((feature) => feature.name === name));
  if (unknown !== undefined) throw unknownFeature(unknown);
  const needed = FEATURES.filter(
    ({ name, isUsed }) => asked.includes(name) || isUsed?.(fields, configuration) === true,
  );
  const namesOf = (binds: Feature["binds"]) =>
    needed.filter((feature) => feature.binds === binds).map(({ name }) => name);
  return { reader: namesOf("readers"), writer: namesOf("writers") };
}

/** `delta.feature.x` is a request and no property: the log keeps it in the protocol. */
export function withoutRequests(configuration: Configuration): {
  readonly configuration: Configuration;
  readonly asked: readonly string[];
} {
  const isRequest = (key: string) => key.startsWith(FEATURE_PREFIX);
  const entries = Object.entries(configuration);
  return {
    configuration: Object.fromEntries(entries.filter(([key]) => !isRequest(key))),
    asked: entries.flatMap(([key]) => (isRequest(key) ? [key.slice(FEATURE_PREFIX.length)] : [])),
  };
}

function isMapped(configuration: Configuration): boolean {
  return (configuration["delta.columnMapping.mode"] ?? "none") !== "none";
}

function holdsLocalTime(fields: readonly Field[]): boolean {
  return fields.some(({ type }) => holdsType(type, "timestamp_ntz"));
}

function wasWidened(fields: readonly Field[]): boolean {
  return someField(fields, ({ metadata = {} }) => "delta.typeChanges" in metadata);
}

function unknownFeature(name: string): MillraceError {
  return new MillraceError(`Millrace does not write the table feature ${name}.`, {
    code: "delta/bad-property",
    hint: `It writes ${FEATURES.map((feature) => feature.name).join(", ")}.`,
  });
}
