/** What every version of a table must be, told by its commits: their marks name operations, the others only move rows. */

import assert from "node:assert/strict";
import { isJsonObject, type JsonObject } from "../../../src/base/json.ts";
import { type Commit, commitInfoOf } from "../log.ts";
import { after, type Expected, NOTHING } from "./expected.ts";
import type { Operation } from "./operation.ts";

/** Who made a commit by which step, `w1 17`; undefined for one without a mark. */
export function markOf(info: JsonObject): string | undefined {
  return isJsonObject(info.millrace) && info.millrace.step !== undefined
    ? `${info.millrace.writer} ${info.millrace.step}`
    : undefined;
}

/**
 * Adds what the commits make of the table to `versions`, in which those before them are. A mark that `find` does not
 * know fails, and so does a commit without one that should have one.
 */
export function grow(
  versions: Expected[],
  commits: readonly Commit[],
  find: (mark: string) => Operation | undefined,
): void {
  for (const commit of commits) {
    const { version } = commit;
    assert.equal(version, versions.length, "the versions follow each other");
    const info = commitInfoOf(commit);
    const mark = markOf(info);
    const last = versions.at(-1) ?? NOTHING;
    if (mark === undefined) {
      versions.push(afterUnmarked(versions, last, info));
      continue;
    }
    const operation = find(mark);
    assert.ok(operation !== undefined, `version ${version} is of ${mark}, which nobody said`);
    versions.push(after(last, operation));
  }
}

/** One without a word is gone already. What was loaded stays loaded, so a table that is restored keeps its transactions. */
function afterUnmarked(versions: readonly Expected[], last: Expected, info: JsonObject): Expected {
  switch (info.operation) {
    case undefined:
    case "CREATE TABLE":
    case "OPTIMIZE":
    case "VACUUM START":
    case "VACUUM END":
      return last;
    case "RESTORE": {
      const { operationParameters: parameters } = info;
      const of = isJsonObject(parameters) ? Number(parameters.version) : Number.NaN;
      const old = versions[of];
      assert.ok(old !== undefined, `a restore names version ${of}`);
      return { ...old, apps: last.apps };
    }
    default:
      return assert.fail(`a commit says it is ${String(info.operation)}, and bears no mark`);
  }
}
