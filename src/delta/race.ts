/** The race for the next version: creating the commit file, and facing those who were first. */

import { noCrash } from "../base/crash-point.ts";
import { MillraceError, systemCodeOf } from "../base/error.ts";
import type { Storage } from "../storage/storage.ts";
import { emptyActions } from "./action.ts";
import { checkNoConflict, conflict, type Winner } from "./conflict.ts";
import { commitPath, listLog } from "./log-files.ts";
import type { Proposal } from "./proposal.ts";
import { readCommit } from "./read-commit.ts";
import type { DeltaContext } from "./table.ts";
import { inCommitTime } from "./time-travel.ts";

const TRIES = 300;
/** Who has lost more often waits less: with growing waits whoever came last would win again and again. */
const LONGEST_WAIT_MS = 25;
const SHORTEST_WAIT_MS = 5;

/** Creates the commit at the first free version after its base that no winner forbids, and resolves to it. */
export async function winVersion(context: DeltaContext, proposal: Proposal): Promise<number> {
  const { storage, clock, crash = noCrash } = context;
  const { folder, before } = proposal;
  let newest = await meetWinners(storage, proposal);
  for (let tried = 0; tried < TRIES; tried += 1) {
    const version = (newest?.version ?? before?.version ?? -1) + 1;
    const previousTime = newest && (await timeOf(storage, proposal, newest));
    const bytes = proposal.render({ version, now: clock.now(), previousTime });
    crash("delta/before-commit");
    if (await createCommit(storage, { ...proposal, version, bytes })) return version;
    newest = await checkWinners(storage, proposal, version);
    await clock.sleep(Math.random() * Math.max(SHORTEST_WAIT_MS, LONGEST_WAIT_MS - tried));
  }
  throw new MillraceError(
    `The commit to table ${folder} lost the race ${TRIES} times, last to version ${newest?.version}.`,
    {
      code: "delta/conflict",
      hint: "Many writers commit to this table at once; write less often, or with fewer writers.",
      retryable: true,
    },
  );
}

/**
 * The newest commit since base, checked with all before it; undefined where base is the newest.
 *
 * The listing matters: after a log clean-up the version after an old base is free again, and a
 * commit created there would be lost to every reader.
 */
async function meetWinners(storage: Storage, proposal: Proposal): Promise<Winner | undefined> {
  const { folder, before } = proposal;
  const next = (before?.version ?? -1) + 1;
  const { commits, checkpoints } = await listLog(storage, folder, next);
  const newest = Math.max(commits.at(-1)?.version ?? -1, checkpoints.at(-1)?.version ?? -1);
  if (newest < next) return undefined;
  if (commits[0]?.version === next) return checkWinners(storage, proposal, next);
  const winner = { version: newest, actions: emptyActions() };
  throw conflict(folder, winner, `the commits since version ${next - 1} are cleaned away already`);
}

/** Checks every commit from `first` on and resolves to the newest. */
async function checkWinners(
  storage: Storage,
  { folder, before, reliance }: Proposal,
  first: number,
): Promise<Winner> {
  let newest: Winner | undefined;
  for (let version = first; ; version += 1) {
    let winner: Winner;
    try {
      winner = { version, actions: await readCommit(storage, commitPath(folder, version)) };
    } catch (error) {
      if (newest !== undefined && systemCodeOf(error) === "storage/not-found") return newest;
      throw error;
    }
    if (before === undefined) throw conflict(folder, winner, "the table exists already");
    checkNoConflict(reliance, winner, folder);
    newest = winner;
  }
}

/** Where times begin to be kept, the versions before have those of their files. */
async function timeOf(
  storage: Storage,
  { folder, isTimed }: Proposal,
  { version, actions }: Winner,
): Promise<number | undefined> {
  const own = inCommitTime(actions.info);
  if (own !== undefined || !isTimed) return own;
  const { commits } = await listLog(storage, folder, version);
  return commits.find((commit) => commit.version === version)?.modified.getTime();
}

interface Attempt {
  readonly folder: string;
  readonly version: number;
  readonly bytes: Uint8Array;
  readonly txnId: string;
}

/** False where another commit has the version. */
async function createCommit(
  storage: Storage,
  { folder, version, bytes, txnId }: Attempt,
): Promise<boolean> {
  const path = commitPath(folder, version);
  try {
    if (await storage.create(path, bytes)) return true;
  } catch (error) {
    if (!(error instanceof MillraceError && error.retryable)) throw error;
    const found = await txnIdAt(storage, path);
    if (found === undefined) throw error;
    return found === txnId;
  }
  // The storage may itself have tried twice and met its own first try.
  return (await txnIdAt(storage, path)) === txnId;
}

/** The transaction id of a commit; empty where it names none, undefined where there is no commit. */
async function txnIdAt(storage: Storage, path: string): Promise<string | undefined> {
  try {
    const { info } = await readCommit(storage, path);
    return typeof info?.txnId === "string" ? info.txnId : "";
  } catch (error) {
    if (systemCodeOf(error) === "storage/not-found") return undefined;
    throw error;
  }
}
