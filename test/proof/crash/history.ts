/** What a table must be by the marks in its commits and the words of those who made them. */

import assert from "node:assert/strict";
import { isJsonObject } from "../../../src/base/json.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import { readLog } from "../log.ts";
import { after, type Expected, NOTHING } from "../model/expected.ts";
import type { Operation } from "../model/operation.ts";
import { type Outcome, TABLE } from "../model/perform.ts";

/** What writers said, by writer and step. */
export interface Said {
  readonly operations: Map<string, Operation>;
  readonly outcomes: Map<string, Outcome>;
}

export function nothingSaid(): Said {
  return { operations: new Map(), outcomes: new Map() };
}

/** Takes down the lines of one writer. */
export function hear(
  { operations, outcomes }: Said,
  writer: string,
  lines: readonly string[],
): void {
  for (const line of lines) {
    const { step, operation, outcome } = JSON.parse(line) as {
      readonly step?: number;
      readonly operation?: Operation;
      readonly outcome?: Outcome;
    };
    if (operation !== undefined) operations.set(`${writer} ${step}`, operation);
    if (outcome !== undefined) outcomes.set(`${writer} ${step}`, outcome);
  }
}

/**
 * The model of every version, by replaying the operations whose marks the commits bear. Fails where an operation
 * that was acknowledged is not there, or is not the version that it was told; or where one is there twice.
 */
export async function expectedVersions(
  storage: Storage,
  { operations, outcomes }: Said,
): Promise<Expected[]> {
  const { commits } = await readLog(storage, TABLE);
  const made = new Map<string, number>();
  const versions: Expected[] = [];
  for (const { version, actions } of commits) {
    assert.equal(version, versions.length, "the versions follow each other");
    const info = actions.find(({ kind }) => kind === "commitInfo")?.body.millrace;
    if (!isJsonObject(info)) {
      versions.push(NOTHING);
      continue;
    }
    const mark = `${info.writer} ${info.step}`;
    const operation = operations.get(mark);
    assert.ok(operation !== undefined, `version ${version} is of ${mark}, which nobody said`);
    assert.equal(
      made.get(mark),
      undefined,
      `${mark} is there twice, the second time in ${version}`,
    );
    made.set(mark, version);
    versions.push(after(versions.at(-1) ?? NOTHING, operation));
  }
  for (const [mark, outcome] of outcomes) {
    assert.equal(made.get(mark), outcome.kind === "done" ? outcome.version : undefined, mark);
  }
  return versions;
}
