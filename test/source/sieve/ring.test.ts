/** The ring between two threads: chunks arrive whole and in order whoever is slow, and nobody waits for one who is gone. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import type { RowChunk } from "../../../src/schema/row-chunk.ts";
import {
  newBell,
  newRing,
  type Ring,
  ringReader,
  rings,
  ringWriter,
  waitForBell,
} from "../../../src/source/sieve/ring.ts";
import { chunkOf, LAYOUT, type WriterTask } from "./ring-chunk.ts";

const SLOTS = 4;

function startWriter(task: WriterTask): Worker {
  return new Worker(new URL("./ring-writer.ts", import.meta.url), { workerData: task });
}

/** The next chunk, or what is told instead of it. */
function takeWaiting(ring: Ring, reader: ReturnType<typeof ringReader>): RowChunk | string {
  for (;;) {
    const seen = rings(ring.bell);
    const taken = reader.take();
    if (taken !== "none yet") return taken;
    assert.ok(waitForBell(ring.bell, seen, 60_000), "nothing came for a minute");
  }
}

const bytesOf = (bytes: Uint8Array | undefined): Buffer | undefined =>
  bytes === undefined ? undefined : Buffer.from(Uint8Array.from(bytes));
const plain = ({ rows, columns }: RowChunk): unknown => ({
  rows,
  columns: columns.map(({ values, validity, texts }) => ({
    values: bytesOf(values),
    validity: bytesOf(validity),
    texts: bytesOf(texts),
  })),
});

/** Takes so many chunks, each of which must be the next one. */
function takeAll(ring: Ring, chunks: number, delayMs: number): ReturnType<typeof ringReader> {
  const reader = ringReader(ring, LAYOUT);
  const clock = new Int32Array(new SharedArrayBuffer(4));
  for (let number = 0; number < chunks; number++) {
    const taken = takeWaiting(ring, reader);
    assert.ok(typeof taken === "object", `chunk ${number}: ${taken}`);
    if (delayMs > 0) Atomics.wait(clock, 0, 0, delayMs);
    assert.deepEqual(plain(taken), plain(chunkOf(number)), `chunk ${number}`);
    reader.release();
  }
  return reader;
}

for (const [who, writerMs, readerMs] of [
  ["nobody is slow", 0, 0],
  ["the writer is slow", 3, 0],
  ["the reader is slow", 0, 3],
] as const)
  test(`chunks arrive whole and in order where ${who}`, async () => {
    const chunks = 150;
    const ring = newRing(LAYOUT, newBell());
    const writer = startWriter({ ring, chunks, delayMs: writerMs, endsAs: "ended" });
    const ended = once(writer, "exit");
    const reader = takeAll(ring, chunks, readerMs);
    assert.equal(takeWaiting(ring, reader), "no more");
    await ended;
    assert.equal(reader.take(), "no more");
  });

test("a ring that failed gives what was put into it before", async () => {
  const ring = newRing(LAYOUT, newBell());
  const writer = startWriter({ ring, chunks: 3, delayMs: 0, endsAs: "failed" });
  await once(writer, "exit");
  const reader = takeAll(ring, 3, 0);
  assert.equal(reader.take(), "failed");
});

test("a writer that waits for room is sent away when the ring is closed", async () => {
  const ring = newRing(LAYOUT, newBell());
  const reader = ringReader(ring, LAYOUT);
  const writer = startWriter({ ring, chunks: 1000, delayMs: 0, endsAs: "ended" });
  const ended = once(writer, "exit");
  while (rings(ring.bell) < SLOTS) await sleep(1);
  assert.equal(typeof reader.take(), "object");
  reader.close();
  await ended;
  assert.equal(reader.take(), "no more");
});

test("a ring that is closed takes nothing, and one that is empty gives nothing yet", () => {
  const ring = newRing(LAYOUT, newBell());
  const reader = ringReader(ring, LAYOUT);
  const writer = ringWriter(ring, LAYOUT);
  assert.equal(reader.take(), "none yet");
  assert.equal(writer.put(chunkOf(0)), true);
  reader.close();
  assert.equal(writer.put(chunkOf(1)), false);
});

test("one bell tells of what happens in any of several rings", async () => {
  const bell = newBell();
  const all = Array.from({ length: 3 }, () => newRing(LAYOUT, bell));
  const writers = all.map((ring, index) =>
    startWriter({ ring, chunks: 20, delayMs: index, endsAs: "ended" }),
  );
  const ended = Promise.all(writers.map((writer) => once(writer, "exit")));
  const readers = all.map((ring) => ({ reader: ringReader(ring, LAYOUT), next: 0, isOpen: true }));
  while (readers.some(({ isOpen }) => isOpen)) {
    const seen = rings(bell);
    let isIdle = true;
    for (const one of readers) {
      const taken = one.reader.take();
      if (taken === "no more") one.isOpen = false;
      if (typeof taken !== "object") continue;
      assert.deepEqual(plain(taken), plain(chunkOf(one.next)));
      one.next += 1;
      one.reader.release();
      isIdle = false;
    }
    if (isIdle && readers.some(({ isOpen }) => isOpen))
      assert.ok(waitForBell(bell, seen, 60_000), "nothing came for a minute");
  }
  assert.deepEqual(
    readers.map(({ next }) => next),
    [20, 20, 20],
  );
  await ended;
});

test("who waits for a bell that does not ring hears so", () => {
  const bell = newBell();
  assert.equal(waitForBell(bell, rings(bell), 1), false);
  assert.equal(waitForBell(bell, rings(bell) - 1, 60_000), true);
});
