/** A process killed at every named point of its work: what it began is finished by the next run, once. */

import assert from "node:assert/strict";
import { suite, type TestContext, test } from "node:test";
import { CRASH_POINTS, type CrashPoint } from "../../src/base/crash-point.ts";
import { openSandbox, type Sandbox } from "../run/sandbox.ts";
import { flow, leftovers, outcomeOf, readAll, writeFirstFiles, writeMoreFiles } from "./flow.ts";
import { start } from "./process.ts";

interface Expected {
  readonly outcome: Readonly<Record<string, string>>;
  /** What a table may hold while the work is under way. */
  readonly states: ReadonlyMap<string, ReadonlySet<string>>;
}

/** These come with the tenth version of a table, which the first day does not reach. */
const LATE: readonly CrashPoint[] = ["delta/checkpoint-written", "delta/last-checkpoint-written"];

/** A replay is no run, and a run that was recorded had come to its end. */
const UNTOLD: readonly CrashPoint[] = ["replay/committed", "run/recorded"];

/** The first is passed when the run says that it began. */
const NTH: Partial<Record<CrashPoint, number>> = { "storage/temp-file-written": 2 };

let expected: Promise<Expected> | undefined;

suite("a process killed on its first day", { concurrency: 2 }, () => {
  for (const point of CRASH_POINTS.filter((one) => !LATE.includes(one))) {
    test(`killed at ${point}, the work is done once by the next run`, async (t) => {
      expected ??= uninterrupted(t);
      const { outcome, states } = await expected;
      const sandbox = openSandbox(t);
      writeFirstFiles(sandbox);
      await killedAt(sandbox, point, NTH[point] ?? 1);
      for (const [table, rows] of await readAll(sandbox)) {
        assert.ok(
          rows === "" || states.get(table)?.has(rows),
          `${table} shows what it never held:\n${rows}`,
        );
      }
      await flow(sandbox);
      assert.deepEqual(await outcomeOf(sandbox), outcome);
      assert.deepEqual(leftovers(sandbox), []);
      const killed = await sandbox.rows("system.runs", "state, ended_at", "where state = 'killed'");
      assert.deepEqual(killed, UNTOLD.includes(point) ? [] : [{ state: "killed", ended_at: null }]);
    });
  }
});

test("a project whose every run is killed at another point still does its work once", async (t) => {
  const [sandbox, calm] = [openSandbox(t), openSandbox(t)];
  for (const one of [sandbox, calm]) writeFirstFiles(one);
  await flow(sandbox);
  for (const [index, point] of CRASH_POINTS.entries()) {
    for (const one of [sandbox, calm]) writeMoreFiles(one, index + 1);
    await killedAt(sandbox, point, ONCE_IN_A_FLOW.includes(point) ? 1 : 2);
    await readAll(sandbox);
  }
  await flow(sandbox);
  await flow(calm);
  assert.deepEqual(await outcomeOf(sandbox), await outcomeOf(calm));
  assert.deepEqual(leftovers(sandbox), []);
});

const ONCE_IN_A_FLOW: readonly CrashPoint[] = [...LATE, "replay/committed"];

async function killedAt({ folder }: Sandbox, point: CrashPoint, nth: number): Promise<void> {
  const { signal, code, errors } = await start("child.ts", folder, [point, String(nth)]).ended;
  assert.equal(signal, "SIGKILL", `${point} was not passed ${nth} times; exit ${code}\n${errors}`);
}

async function uninterrupted(t: TestContext): Promise<Expected> {
  const sandbox = openSandbox(t);
  writeFirstFiles(sandbox);
  const states = new Map<string, Set<string>>();
  await flow(sandbox, {
    afterStage: async () => {
      for (const [table, rows] of await readAll(sandbox)) {
        states.set(table, (states.get(table) ?? new Set()).add(rows));
      }
    },
  });
  return { outcome: await outcomeOf(sandbox), states };
}
