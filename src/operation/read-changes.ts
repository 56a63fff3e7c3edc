/**
 * The change feed of a table: every row that came, went or changed in a range of versions, with
 * `_change_type` (insert, delete, update_preimage, update_postimage), `_commit_version` and
 * `_commit_timestamp`. A version with files of change data is told by them alone; any other by the
 * files it added and removed, and by the rows that its deletion vectors hid or gave back.
 */

import { access } from "node:fs/promises";
import { MillraceError } from "../base/error.ts";
import type { AddFile } from "../delta/action.ts";
import { keepsChangeFeed } from "../delta/duty.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import { openSnapshot, scan } from "../delta/table.ts";
import { layoutOf } from "../delta/table-spec.ts";
import type { ScanFile, TableFiles } from "../schema/table-files.ts";
import type { Field } from "../schema/type.ts";
import { type ChangedFile, changesByVersion, type VersionChanges } from "./changed-file.ts";
import type { TableContext } from "./context.ts";

export interface ChangesOptions {
  /** The first version whose changes are told. */
  readonly from: number;
  /** The last one; the newest by default. */
  readonly to?: number;
  /** Takes added rows for inserted and removed ones for deleted where the table did not keep the feed: rows that only moved are told as both. */
  readonly inferred?: boolean;
}

export interface TableChanges {
  /** Stands in FROM on the sessions of the engine. */
  readonly relation: string;
  /** The columns of the table at the last version, then those of the feed. */
  readonly fields: readonly Field[];
  readonly from: number;
  readonly to: number;
  /** True where rows were only added. */
  readonly appendsOnly: boolean;
}

const FEED: readonly Field[] = [
  { name: "_change_type", type: "string", nullable: true },
  { name: "_commit_version", type: "long", nullable: true },
  { name: "_commit_timestamp", type: "timestamp", nullable: true },
];

/**
 * Throws `operation/no-change-feed` where a version in the range did not keep the feed and
 * `inferred` does not ask for it, `operation/changes-gone` where its log or its files are gone.
 */
export async function readChanges(
  context: TableContext,
  folder: string,
  { from, to, inferred = false }: ChangesOptions,
): Promise<TableChanges> {
  const { delta, engine } = context;
  const last = await openSnapshot(delta, folder, to === undefined ? {} : { version: to });
  if (last === undefined) {
    throw new MillraceError(`There is no table ${folder} to read changes of.`, {
      code: "delta/no-table",
      hint: "Create it first.",
    });
  }
  const versions = await changesByVersion(delta.storage, folder, { from, to: last.version });
  checkComplete(folder, versions, { from, to: last.version });
  if (!inferred && versions.length > 0) await checkFeedKept(context, folder, versions);
  const files = versions.flatMap((version) => version.files);
  const told = await scanned(context, last, files);
  await checkPresent(folder, told);
  const fields = [...last.metadata.fields, ...FEED];
  const { mode } = layoutOf(last);
  const scans: TableFiles[] = [
    { fields, mapping: mode, files: told.filter(({ type }) => type !== undefined).map(scanFile) },
    // The feed's own column has no id, and files of change data bear the physical names as well.
    {
      fields,
      mapping: mode === "id" ? "name" : mode,
      files: told.filter(({ type }) => type === undefined).map(scanFile),
    },
  ];
  const relations = scans
    .filter((one, index) => one.files.length > 0 || index === 0)
    .map((one) => `SELECT * FROM ${engine.relation(one)}`);
  return {
    relation: `(${relations.join(" UNION ALL ")})`,
    fields,
    from,
    to: last.version,
    appendsOnly: versions.every(({ isAppend }) => isAppend),
  };
}

interface ToldFile extends ChangedFile {
  readonly scan: ScanFile;
}

/** Where the rows are, and which of them: of a file with another vector those that only one of the two hides. */
async function scanned(
  { delta }: TableContext,
  snapshot: Snapshot,
  changed: readonly ChangedFile[],
): Promise<ToldFile[]> {
  const scansOf = async (files: readonly AddFile[]) =>
    (await scan(delta, { ...snapshot, files })).files;
  const own = await scansOf(changed.map(({ file }) => file));
  const others = await scansOf(changed.map(({ file, unlike }) => unlike ?? file));
  return changed.flatMap((one, index): ToldFile[] => {
    const [mine, other] = [own[index], others[index]];
    if (mine === undefined || other === undefined) throw new Error("Bug: a file was not scanned");
    if (one.unlike === undefined) return [{ ...one, scan: mine }];
    const hidden = new Set(mine.deletedRows ?? []);
    const onlyRows = (other.deletedRows ?? new BigUint64Array()).filter((row) => !hidden.has(row));
    const { path, partitionValues } = mine;
    return onlyRows.length === 0 ? [] : [{ ...one, scan: { path, partitionValues, onlyRows } }];
  });
}

function scanFile({ scan: file, version, timestamp, type }: ToldFile): ScanFile {
  return {
    ...file,
    partitionValues: {
      ...file.partitionValues,
      ...(type === undefined ? {} : { _change_type: type }),
      _commit_version: String(version),
      _commit_timestamp: timestamp.toISOString(),
    },
  };
}

function checkComplete(
  folder: string,
  versions: readonly VersionChanges[],
  { from, to }: { from: number; to: number },
): void {
  const missing = Array.from({ length: to - from + 1 }, (_, index) => from + index).find(
    (version, index) => versions[index]?.version !== version,
  );
  if (missing === undefined) return;
  throw gone(
    `The log of table ${folder} no longer holds version ${missing}, whose changes are asked for.`,
  );
}

async function checkFeedKept(
  { delta }: TableContext,
  folder: string,
  versions: readonly VersionChanges[],
): Promise<void> {
  const [first] = versions;
  const before = await openSnapshot(delta, folder, { version: first?.version ?? 0 });
  if (before === undefined) return;
  let { protocol } = before;
  let configuration = before.metadata.configuration;
  for (const { version, actions } of versions) {
    protocol = actions.protocol ?? protocol;
    configuration = actions.metadata?.configuration ?? configuration;
    if (keepsChangeFeed(protocol, configuration)) continue;
    throw new MillraceError(
      `The table ${folder} did not keep a change feed at version ${version}.`,
      {
        code: "operation/no-change-feed",
        hint: "Ask for later versions, or for changes inferred from the files. delta.enableChangeDataFeed switches the feed on from then on.",
      },
    );
  }
}

async function checkPresent(folder: string, files: readonly ToldFile[]): Promise<void> {
  for (const { scan: file, version } of files) {
    try {
      await access(file.path);
    } catch (error) {
      throw gone(
        `The file ${file.path} of table ${folder}, which tells changes of version ${version}, was vacuumed.`,
        error,
      );
    }
  }
}

function gone(message: string, cause?: unknown): MillraceError {
  return new MillraceError(message, {
    code: "operation/changes-gone",
    hint: "Read the table whole, then its changes from the newest version on.",
    cause,
  });
}
