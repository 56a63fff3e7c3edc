/** What a table must be by the marks in its commits and the words of those who made them. */

import assert from "node:assert/strict";
import { type Commit, commitInfoOf } from "../log.ts";
import type { Expected } from "../model/expected.ts";
import { grow, markOf } from "../model/history.ts";
import type { Operation } from "../model/operation.ts";
import type { Outcome } from "../model/perform.ts";

/** What writers said, by writer and step. */
export interface Said {
  readonly operations: Map<string, Operation>;
  readonly outcomes: Map<string, Outcome>;
}

export function nothingSaid(): Said {
  return { operations: new Map(), outcomes: new Map() };
}

/** Takes down the lines of one writer. */
export function hear(said: Said, writer: string, lines: readonly string[]): void {
  for (const line of lines) {
    const { step, operation, outcome } = JSON.parse(line) as {
      readonly step?: number;
      readonly operation?: Operation;
      readonly outcome?: Outcome;
    };
    if (operation !== undefined) said.operations.set(`${writer} ${step}`, operation);
    if (outcome !== undefined) said.outcomes.set(`${writer} ${step}`, outcome);
  }
}

/**
 * The model of every version. Fails where an operation that was acknowledged is not there, or is not the version that
 * its writer was told; or where one is there twice.
 */
export function expectedVersions(commits: readonly Commit[], said: Said): Expected[] {
  const versions: Expected[] = [];
  grow(versions, commits, (mark) => said.operations.get(mark));
  const made = new Map<string, number>();
  for (const commit of commits) {
    const mark = markOf(commitInfoOf(commit));
    if (mark === undefined) continue;
    assert.equal(made.get(mark), undefined, `${mark} is there twice, also in ${commit.version}`);
    made.set(mark, commit.version);
  }
  for (const [mark, outcome] of said.outcomes) {
    assert.equal(made.get(mark), outcome.kind === "done" ? outcome.version : undefined, mark);
  }
  return versions;
}
