/** From the files of a log to the state they show. */

import { MillraceError, messageOf, systemCodeOf } from "../base/error.ts";
import type { Storage } from "../storage/storage.ts";
import type { Actions, MetadataAction } from "./action.ts";
import { mappingMode } from "./column-mapping.ts";
import { type Filters, filtersFor } from "./filter.ts";
import { chooseSegment, commitPath, type LogSegment, listLog } from "./log-files.ts";
import type { ParquetIo } from "./parquet-io.ts";
import { readCheckpointFiles, readCheckpointHead } from "./read-checkpoint.ts";
import { readCommit, readCommits } from "./read-commit.ts";
import { parseSchema } from "./schema-text.ts";
import { type PartitionChoice, partitionChoice } from "./skip.ts";
import { keepsTimes, type Snapshot, snapshotOf } from "./snapshot.ts";
import { EMPTY_STATE, replay, type TableState } from "./table-state.ts";

interface Access {
  readonly storage: Storage;
  readonly parquet: ParquetIo;
}

/** Replays a segment. A checkpoint that cannot be read is passed over where older files can stand in for it. */
export async function loadSegment(
  access: Access,
  folder: string,
  segment: LogSegment,
): Promise<Snapshot> {
  return loadPart(access, { folder, segment, filters: [] });
}

/**
 * As much of a segment as the filters need: of the checkpoint's files only those whose partition
 * values pass. Such a snapshot is good for choosing files by these filters and nothing else.
 */
export async function loadPart(
  access: Access,
  { folder, segment, filters }: { folder: string; segment: LogSegment; filters: Filters },
): Promise<Snapshot> {
  const { version, modified, checkpoint, commits } = segment;
  const since = await readCommits(access.storage, commits);
  let before: Actions | undefined;
  if (checkpoint !== undefined) {
    try {
      const head = await readCheckpointHead(access, folder, checkpoint);
      const choice = isNone(filters) ? undefined : choiceOf([head.actions, ...since], filters);
      before = await readCheckpointFiles(access, head, choice);
    } catch (error) {
      const code = systemCodeOf(error);
      if (PASSED_ON.includes(code ?? "")) throw error;
      const detour = await segmentWithout(access, folder, segment, error);
      return loadPart(access, { folder, segment: detour, filters });
    }
  }
  const state = replay(EMPTY_STATE, before === undefined ? since : [before, ...since]);
  const place = { folder, version, modified };
  return snapshotOf(await withTime(access.storage, folder, version, state), place);
}

/** The properties of the table at the end of a segment, read without its files. */
export async function readConfiguration(
  access: Access,
  folder: string,
  segment: LogSegment,
): Promise<MetadataAction["configuration"]> {
  const { checkpoint, commits } = segment;
  const since = await readCommits(access.storage, commits.toReversed());
  const found = since.find(({ metadata }) => metadata !== undefined)?.metadata;
  if (found !== undefined || checkpoint === undefined) return found?.configuration ?? {};
  try {
    const { actions } = await readCheckpointHead(access, folder, checkpoint);
    return actions.metadata?.configuration ?? {};
  } catch (error) {
    if (PASSED_ON.includes(systemCodeOf(error) ?? "")) throw error;
    // What is broken is told, or gone around, by whoever reads all of it.
    return (await loadSegment(access, folder, segment)).metadata.configuration;
  }
}

/** Failures that are no damage of the checkpoint. */
const PASSED_ON = ["storage/not-found", "engine/interrupted", "delta/no-such-column"];

function isNone(filters: Filters): boolean {
  return typeof filters !== "function" && filters.length === 0;
}

/** What the filters say of partition values, by the newest metadata; undefined where they say nothing of them. */
function choiceOf(commits: readonly Actions[], filters: Filters): PartitionChoice | undefined {
  const metadata = commits.findLast((actions) => actions.metadata !== undefined)?.metadata;
  const protocol = commits.findLast((actions) => actions.protocol !== undefined)?.protocol;
  // What is missing here is named where the snapshot is made.
  if (metadata === undefined || protocol === undefined) return undefined;
  const { partitionColumns, configuration, schemaString } = metadata;
  const fields = parseSchema(schemaString, "");
  const mode = mappingMode(protocol, configuration);
  const choice = partitionChoice({ fields, partitionColumns, mode }, filtersFor(filters, fields));
  return choice.tests.length === 0 ? undefined : choice;
}

/** Another way to the same version; throws `delta/corrupt-checkpoint` where there is none. */
async function segmentWithout(
  { storage }: Access,
  folder: string,
  { version, checkpoint }: LogSegment,
  cause: unknown,
): Promise<LogSegment> {
  const broken = checkpoint?.files[0]?.path ?? "";
  const listing = await listLog(storage, folder);
  // Paths begin with the version's digits, so lesser ones are older or of the same version.
  const checkpoints = listing.checkpoints.filter(
    ({ files: [first] }) => first !== undefined && first.path < broken,
  );
  try {
    const found = chooseSegment({ ...listing, checkpoints }, folder, version);
    if (found !== undefined) return found;
  } catch {
    // The older files have a hole: the checkpoint is the only way.
  }
  throw new MillraceError(
    `The checkpoint ${broken} of table ${folder} cannot be read, and the commits before it are gone: ${messageOf(cause)}`,
    { code: "delta/corrupt-checkpoint", hint: "Restore the file from a backup.", cause },
  );
}

/** A checkpoint does not hold its version's own time; its commit does, if it is still there. */
async function withTime(
  storage: Storage,
  folder: string,
  version: number,
  state: TableState,
): Promise<TableState> {
  if (state.info !== undefined || !keepsTimes(state.metadata?.configuration ?? {})) return state;
  try {
    return { ...state, info: (await readCommit(storage, commitPath(folder, version))).info };
  } catch (error) {
    if (systemCodeOf(error) === "storage/not-found") return state;
    throw error;
  }
}
