/** Threads that wait for the sieve: they are taken before new ones are started, and none is left. */

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Worker } from "node:worker_threads";
import { openSievePool } from "../../../src/source/sieve/pool.ts";
import { openSifting } from "../../../src/source/sieve/sift-parts.ts";
import { columnOf } from "./meaning.ts";
import { rowsIn } from "./row.ts";
import { CSV, openGround, WHOLE } from "./sifted.ts";

const ground = openGround();
after(() => ground.close());

const threadsLeft = (): number =>
  process.getActiveResourcesInfo().filter((one) => /Worker|MessagePort/.test(one)).length;

const COLUMNS = [columnOf({ kind: "integer" }), columnOf({ kind: "text" })];

/** Gives the numbers that passed, in their order. */
async function siftWith(pool: ReturnType<typeof openSievePool>, files: number): Promise<bigint[]> {
  const tasks = Array.from({ length: files }, (_, index) => {
    const path = ground.file(
      Array.from({ length: 500 }, (_, at) => `${at * files + index},x\n`).join(""),
    );
    return ground.task(path, WHOLE, { dialect: CSV, columns: COLUMNS });
  });
  const sifting = openSifting(tasks, { threads: files, bytes: 2 ** 30, pool });
  const found: bigint[] = [];
  try {
    for (let chunk = sifting.next(0); chunk !== undefined; chunk = sifting.next(0))
      for (const { values } of rowsIn(chunk, COLUMNS)) found.push(values[0] as bigint);
    await sifting.parts();
  } finally {
    await sifting.close();
  }
  return found.sort((one, other) => Number(one - other));
}

const upTo = (count: number): bigint[] => Array.from({ length: count }, (_, at) => BigInt(at));

test("waiting threads sift, and new ones where there are not enough", async () => {
  for (const size of [0, 1, 2, 3]) {
    const pool = openSievePool(size);
    try {
      assert.deepEqual(await siftWith(pool, 2), upTo(1000));
      assert.deepEqual(await siftWith(pool, 2), upTo(1000));
    } finally {
      await pool.close();
    }
    assert.equal(threadsLeft(), 0);
  }
});

test("threads that nobody took are gone once the pool is closed", async () => {
  const started = await startedBy(() => openSievePool(2).close());
  assert.deepEqual(
    started.map(({ threadId }) => threadId),
    [-1, -1],
  );
});

test("a thread that ended while it waited is not taken", async () => {
  const all = await startedBy(async () => {
    const pool = openSievePool(2);
    const waiting = await startedBy(() => sleep(100));
    assert.equal(waiting.length, 2);
    await waiting[1]?.terminate();
    assert.deepEqual(await siftWith(pool, 2), upTo(1000));
    await pool.close();
  });
  assert.deepEqual(
    all.map(({ threadId }) => threadId),
    [-1, -1, -1],
  );
});

/** The threads that are started until `act` is done. */
async function startedBy(act: () => Promise<unknown>): Promise<Worker[]> {
  const started: Worker[] = [];
  const listen = (worker: Worker): void => void started.push(worker);
  process.on("worker", listen);
  try {
    await act();
  } finally {
    process.off("worker", listen);
  }
  return started;
}
