/** What a change must be before it is tried: allowed by the table, and whole. */

import { MillraceError } from "../base/error.ts";
import { type AddFile, keyOf, type Protocol } from "./action.ts";
import { mappingMode } from "./column-mapping.ts";
import { hidesRows, keepsChangeFeed } from "./duty.ts";
import { whyUntrue } from "./evolution.ts";
import { CONSTRAINT_PREFIX, type Configuration, isOn } from "./property.ts";
import { checkRulesKept, checkTypeChanges, checkWritable, hasFeature } from "./protocol.ts";
import type { Snapshot } from "./snapshot.ts";
import type { PlannedTable, TableSpec } from "./table-spec.ts";

interface Intent {
  readonly add?: readonly unknown[];
  readonly adopted?: readonly AddFile[];
  readonly remove?: readonly AddFile[] | "all";
  readonly hide?: readonly { readonly file: AddFile }[];
  readonly changeData?: readonly unknown[] | "in files";
  readonly dataChange?: boolean;
  readonly isRestored?: boolean;
  readonly kept?: readonly string[];
  readonly schema?: TableSpec;
  readonly transactions?: readonly { readonly appId: string }[];
  readonly domains?: readonly { readonly domain: string }[];
}

/** Throws where the table forbids the change (`delta/unsupported-to-write`, `delta/append-only`) or nobody made the table. */
export function checkChange(
  folder: string,
  before: Snapshot | undefined,
  change: Intent,
  planned: PlannedTable | undefined,
): void {
  if (before !== undefined) {
    checkWritable(before.protocol, { table: folder, version: before.version });
    checkRemoval(before, change);
    checkConstraintsStay(before, change);
  }
  if (planned !== undefined) {
    const subject = { table: folder, version: (before?.version ?? -1) + 1 };
    checkWritable(planned.protocol, subject);
    checkTypeChanges(planned.fields, subject);
    if (
      before !== undefined &&
      before.files.length > 0 &&
      change.remove !== "all" &&
      !change.isRestored
    ) {
      checkFilesStayTrue(before, planned);
    }
  }
  if (before === undefined && planned === undefined) {
    throw new MillraceError(`There is no table ${folder} to write to.`, {
      code: "delta/no-table",
      hint: "Create it first, with its columns.",
    });
  }
  checkRules(folder, before, change, planned);
  const { transactions = [], domains = [] } = change;
  checkOnce(
    folder,
    "transactions",
    transactions.map(({ appId }) => appId),
  );
  checkOnce(
    folder,
    "metadata actions",
    domains.map(({ domain }) => domain),
  );
  if (domains.length > 0) checkDomains(folder, planned?.protocol ?? before?.protocol);
}

/** Rows that only move, or stay in a file that loses others, kept the rules when they were added. */
function checkRules(
  folder: string,
  before: Snapshot | undefined,
  { add = [], adopted = [], remove = [], dataChange = true, kept = [] }: Intent,
  planned: PlannedTable | undefined,
): void {
  const fields = planned?.fields ?? before?.metadata.fields ?? [];
  const { configuration = {} } = planned?.metadata ?? before?.metadata ?? {};
  const held = new Set(remove === "all" ? [] : remove.map(({ path }) => path));
  const isNew = add.length > 0 || adopted.some(({ path }) => !held.has(path));
  const duties = { fields, configuration, addsRows: dataChange && isNew, kept };
  checkRulesKept(duties, { table: folder, version: before?.version ?? 0 });
}

function checkRemoval({ folder, metadata, protocol, state }: Snapshot, change: Intent): void {
  const { remove = [], hide = [], dataChange = true } = change;
  if (remove.length + hide.length === 0) return;
  const taken = [...(remove === "all" ? [] : remove), ...hide.map(({ file }) => file)];
  const unknown = taken.find((file) => !state.files.has(keyOf(file)));
  if (unknown !== undefined) throw new Error(`Bug: ${unknown.path} is no live file of ${folder}`);
  const { configuration } = metadata;
  if (dataChange && isOn(configuration, "delta.appendOnly")) {
    throw new MillraceError(`The table ${folder} is append-only; no row may be removed.`, {
      code: "delta/append-only",
      hint: "Append instead, or set the table property delta.appendOnly to false.",
    });
  }
  if (hide.length > 0 && !hidesRows(protocol, configuration)) {
    throw new Error(`Bug: rows of ${folder} to hide, whose writers are not to`);
  }
  if (changesSome(change) && keepsChangeFeed(protocol, configuration)) {
    throw new MillraceError(
      `The table ${folder} keeps a change feed, and this change of some of its files does not say which rows it changed.`,
      {
        code: "delta/unsupported-to-write",
        hint: "Append, replace the whole table, or switch delta.enableChangeDataFeed off.",
      },
    );
  }
}

/** A constraint that existing rows may break must not slip in among other properties. */
function checkConstraintsStay({ metadata }: Snapshot, { schema, remove }: Intent): void {
  const asked: Configuration = schema?.configuration ?? {};
  const key = Object.keys(asked).find(
    (name) => name.startsWith(CONSTRAINT_PREFIX) && asked[name] !== metadata.configuration[name],
  );
  if (key === undefined || remove === "all") return;
  throw new MillraceError(`The table property ${key} would set a constraint unchecked.`, {
    code: "delta/bad-property",
    hint: "Add the constraint by itself: then the rows that are there are checked first.",
  });
}

/** True where what the change adds and removes would not tell which rows changed. */
function changesSome({
  add = [],
  adopted = [],
  remove = [],
  hide = [],
  changeData = [],
  dataChange = true,
}: Intent): boolean {
  const isTold = changeData === "in files" || changeData.length > 0;
  if (!dataChange || remove === "all" || isTold) return false;
  return hide.length > 0 || (remove.length > 0 && add.length + adopted.length > 0);
}

/** Files that stay must still hold what the new columns say. */
function checkFilesStayTrue({ folder, metadata, protocol }: Snapshot, planned: PlannedTable): void {
  const after = planned.metadata;
  const old = { fields: metadata.fields, mode: mappingMode(protocol, metadata.configuration) };
  const mode = mappingMode(planned.protocol, after.configuration);
  const now = { fields: planned.fields, mode };
  const [was, is] = [metadata, after].map(({ partitionColumns }) => partitionColumns.join(", "));
  const why =
    was === is
      ? whyUntrue(old, now, isOn(after.configuration, "delta.enableTypeWidening"))
      : `is partitioned by (${was}) and would be by (${is})`;
  if (why === undefined) return;
  throw new MillraceError(`The table ${folder} ${why}, while its files stay as they are.`, {
    code: "delta/bad-schema",
    hint: "Replace all rows of the table in the same commit, or make a new table.",
  });
}

function checkOnce(folder: string, what: string, names: readonly string[]): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new Error(`Bug: two ${what} of ${twice} in one commit to ${folder}`);
  }
}

/** Elsewhere readers of the table may drop the metadata without a word. */
function checkDomains(folder: string, protocol: Protocol | undefined): void {
  if (protocol !== undefined && hasFeature(protocol, "domainMetadata")) return;
  throw new MillraceError(`The table ${folder} does not have the feature domainMetadata.`, {
    code: "delta/bad-property",
    hint: "Set the table property delta.feature.domainMetadata to supported first.",
  });
}
