/** Which tables we read and write: every feature is known by name, or the table is refused. */

import { MillraceError } from "../base/error.ts";
import type { Field } from "../schema/type.ts";
import type { Protocol } from "./action.ts";
import { rulesOf } from "./table-rule.ts";
import { unknownTypeChange } from "./widening.ts";

const READER_FEATURES: readonly string[] = [
  "columnMapping",
  "deletionVectors",
  "timestampNtz",
  "typeWidening",
  "typeWidening-preview",
  "v2Checkpoint",
  "vacuumProtocolCheck",
];

/** Features whose duties we fulfil when we write, or that bring none while their property or use is absent. */
const WRITER_FEATURES: readonly string[] = [
  ...READER_FEATURES,
  "appendOnly",
  "changeDataFeed",
  "checkConstraints",
  "domainMetadata",
  "generatedColumns",
  "identityColumns",
  "inCommitTimestamp",
  "invariants",
];

/** What each writer version before 7 asks of writers. */
const LEGACY_WRITER: Readonly<Record<number, readonly string[]>> = {
  2: ["appendOnly", "invariants"],
  3: ["checkConstraints"],
  4: ["changeDataFeed", "generatedColumns"],
  5: ["columnMapping"],
  6: ["identityColumns"],
};

interface Subject {
  readonly table: string;
  readonly version: number;
}

export interface WriterDuties {
  readonly fields: readonly Field[];
  readonly configuration: Readonly<Record<string, string>>;
  readonly addsRows: boolean;
  /** Names of the rules that the new rows are known to keep. */
  readonly kept: readonly string[];
}

/** Throws `delta/unsupported-to-read` where reading needs something we do not know. */
export function checkReadable(protocol: Protocol, { table, version }: Subject): void {
  const { minReaderVersion, readerFeatures = [] } = protocol;
  if (minReaderVersion > 3 || minReaderVersion < 1) {
    throw refused(`asks for reader version ${minReaderVersion}`, "read", { table, version });
  }
  const unknown = readerFeatures.filter((name) => !READER_FEATURES.includes(name));
  if (minReaderVersion === 3 && unknown.length > 0) {
    throw refused(`uses ${listed(unknown)}`, "read", { table, version });
  }
}

/** Throws `delta/unsupported-to-read` where files of an older type may be of one that we cannot make the column's. */
export function checkTypeChanges(fields: readonly Field[], subject: Subject): void {
  const change = unknownTypeChange(fields);
  if (change !== undefined) throw refused(`has a change of type ${change}`, "read", subject);
}

/** Throws `delta/unsupported-to-write` where a writer of this table has duties that we do not know. */
export function checkWritable(protocol: Protocol, subject: Subject): void {
  checkReadable(protocol, subject);
  const { minWriterVersion, writerFeatures = [] } = protocol;
  if (minWriterVersion > 7 || minWriterVersion < 1) {
    throw refused(`asks for writer version ${minWriterVersion}`, "write", subject);
  }
  const unknown = writerFeatures.filter((name) => !WRITER_FEATURES.includes(name));
  if (minWriterVersion === 7 && unknown.length > 0) {
    throw refused(`uses ${listed(unknown)}`, "write", subject);
  }
}

/** Throws `delta/unsupported-to-write` where rows are added that nobody checked against a rule of the table. */
export function checkRulesKept(duties: WriterDuties, subject: Subject): void {
  const { fields, configuration, addsRows, kept } = duties;
  if (!addsRows) return;
  const open = rulesOf(fields, configuration).filter(({ name }) => !kept.includes(name));
  if (open.length === 0) return;
  const names = open.map(({ name }) => name).join(" and ");
  throw refused(`has the ${names}`, "write", subject);
}

/** True where the table is under the feature: it is listed, or implied by a version before the lists. */
export function hasFeature(protocol: Protocol, name: string): boolean {
  const { minReaderVersion, minWriterVersion } = protocol;
  if (minWriterVersion >= 7) return (protocol.writerFeatures ?? []).includes(name);
  if (name === "columnMapping" && minReaderVersion < 2) return false;
  return legacyFeatures(minWriterVersion).includes(name);
}

/** The least protocol that holds `features`, never less than `base`. */
export function protocolFor(
  features: { readonly reader: readonly string[]; readonly writer: readonly string[] },
  base: Protocol = { minReaderVersion: 1, minWriterVersion: 2 },
): Protocol {
  const writer = [...new Set([...features.reader, ...features.writer])];
  const missing = writer.filter((name) => !hasFeature(base, name));
  if (missing.length === 0) return base;
  if (base.minWriterVersion < 7 && missing.every((name) => legacyVersionOf(name) !== undefined)) {
    const needed = Math.max(base.minWriterVersion, ...missing.map((n) => legacyVersionOf(n) ?? 0));
    const reads = Math.max(base.minReaderVersion, missing.includes("columnMapping") ? 2 : 1);
    if (base.minReaderVersion < 3) return { minReaderVersion: reads, minWriterVersion: needed };
  }
  // The protocol asks an upgrade to list whatever the old version implied.
  const held = base.writerFeatures ?? legacyFeatures(base.minWriterVersion);
  const readBefore = base.readerFeatures ?? (base.minReaderVersion === 2 ? ["columnMapping"] : []);
  const readerFeatures = [...new Set([...readBefore, ...features.reader])];
  return {
    minReaderVersion: readerFeatures.length > 0 ? 3 : base.minReaderVersion,
    minWriterVersion: 7,
    ...(readerFeatures.length > 0 ? { readerFeatures } : {}),
    writerFeatures: [...new Set([...held, ...readBefore, ...writer])],
  };
}

function legacyVersionOf(name: string): number | undefined {
  const found = Object.entries(LEGACY_WRITER).find(([, names]) => names.includes(name));
  return found === undefined ? undefined : Number(found[0]);
}

function legacyFeatures(minWriterVersion: number): string[] {
  return Object.entries(LEGACY_WRITER)
    .filter(([version]) => Number(version) <= minWriterVersion)
    .flatMap(([, names]) => names);
}

function listed(features: readonly string[]): string {
  return features.length === 1
    ? `the feature ${features[0]}`
    : `the features ${features.join(", ")}`;
}

function refused(what: string, act: "read" | "write", { table, version }: Subject): MillraceError {
  return new MillraceError(
    `The table ${table} at version ${version} ${what}, which Millrace does not ${act}.`,
    {
      code: act === "read" ? "delta/unsupported-to-read" : "delta/unsupported-to-write",
      hint:
        act === "read"
          ? "Read it with the engine that made it, or drop the feature there (ALTER TABLE ... DROP FEATURE)."
          : "Write it with the engine that made it, or land the rows in a table of our own.",
    },
  );
}
