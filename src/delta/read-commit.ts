/** Reading commit files. */

import { mapInOrder } from "../base/parallel.ts";
import type { Storage } from "../storage/storage.ts";
import type { Actions } from "./action.ts";
import type { CommitFile } from "./log-files.ts";
import { parseActions } from "./parse-action.ts";

const AT_ONCE = 8;

/** The actions of each commit, in the order given. */
export function readCommits(storage: Storage, commits: readonly CommitFile[]): Promise<Actions[]> {
  return mapInOrder(commits, AT_ONCE, ({ path }) => readCommit(storage, path));
}

/** The actions of one commit; `storage/not-found` where there is none. */
export async function readCommit(storage: Storage, path: string): Promise<Actions> {
  return parseActions(new TextDecoder().decode(await storage.read(path)), path);
}
