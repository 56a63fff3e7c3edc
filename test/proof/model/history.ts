/** What every version of a table must be, told by its commits: their marks name operations, the others only move rows. */

import assert from "node:assert/strict";
import { isJsonObject, type JsonObject } from "../../../src/base/json.ts";
import { type Commit, commitInfoOf } from "../log.ts";
import { after, type Expected, NOTHING } from "./expected.ts";
import type { Operation } from "./operation.ts";
import { refusalOf } from "./refusal.ts";

/** Who made a commit by which step, `w1 17`; undefined for one without a mark. */
export function markOf(info: JsonObject): string | undefined {
  return isJsonObject(info.millrace) && info.millrace.step !== undefined
    ? `${info.millrace.writer} ${info.millrace.step}`
    : undefined;
}

/**
 * Adds what the commits make of the table to `versions`, in which those before them are. A mark that `find` does not
 * know fails, and so does a commit without one that should have one, or one that the table should have refused.
 */
export function grow(
  versions: Expected[],
  commits: readonly Commit[],
  find: (mark: string) => Operation | undefined,
): void {
  for (const commit of commits) {
    const { version } = commit;
    assert.equal(version, versions.length, "the versions follow each other");
    const mark = markOf(commitInfoOf(commit));
    const last = versions.at(-1) ?? NOTHING;
    if (mark === undefined) {
      versions.push(afterUnmarked(versions, last, commit));
      continue;
    }
    const operation = find(mark);
    assert.ok(operation !== undefined, `version ${version} is of ${mark}, which nobody said`);
    assert.equal(refusalOf(last, operation), undefined, `${mark} made version ${version}`);
    versions.push(after(last, operation));
  }
}

/** One without a word is gone already. What was loaded stays loaded, so a table that is restored keeps its transactions. */
function afterUnmarked(versions: readonly Expected[], last: Expected, commit: Commit): Expected {
  const info = commitInfoOf(commit);
  const by = String(info.operation);
  switch (info.operation) {
    case undefined:
    case "OPTIMIZE":
    case "VACUUM START":
    case "VACUUM END":
      return { ...last, by };
    case "CREATE TABLE":
      return { ...last, by, configuration: configurationIn(commit) };
    case "RESTORE": {
      const { operationParameters: parameters } = info;
      const of = isJsonObject(parameters) ? Number(parameters.version) : Number.NaN;
      const old = versions[of];
      assert.ok(old !== undefined, `a restore names version ${of}`);
      return { ...old, apps: last.apps, by };
    }
    default:
      return assert.fail(`a commit says it is ${by}, and bears no mark`);
  }
}

function configurationIn({ actions }: Commit): Expected["configuration"] {
  const found = actions.find(({ kind }) => kind === "metaData")?.body.configuration;
  assert.ok(isJsonObject(found), "a table is made with properties");
  return Object.fromEntries(Object.entries(found).map(([key, value]) => [key, String(value)]));
}
