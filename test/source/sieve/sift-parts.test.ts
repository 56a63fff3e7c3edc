/** Parts of files side by side: in threads or here, the same rows and the same parts, and no thread is left. */

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { RowChunk } from "../../../src/schema/row-chunk.ts";
import type { SiftedPart, SiftTask } from "../../../src/source/sieve/sift-part.ts";
import { openSifting, type Sifting } from "../../../src/source/sieve/sift-parts.ts";
import { columnOf } from "./meaning.ts";
import { type ChunkRow, rowsIn } from "./row.ts";
import { CSV, openGround, WHOLE } from "./sifted.ts";

const ground = openGround();
after(() => ground.close());

const COLUMNS = [columnOf({ kind: "integer" }), columnOf({ kind: "text" })];
const HERE = { threads: 4, bytes: 0 };
const IN_THREADS = { threads: 2, bytes: 2 ** 30 };
const WAYS = [
  ["here", HERE],
  ["in threads", IN_THREADS],
] as const;
const PART_NUMBERS = 2 ** 32;

/** Lines of which one in 50 is held, and some are blank. */
const content = (lines: number, salt: number): string =>
  Array.from({ length: lines }, (_, line) => {
    if (line % 97 === 0) return "\n";
    if (line % 50 === 7) return pickHeld(line);
    const text = `${salt} ${"é".repeat((line * 7) % 40)}`;
    return `${line * salt},${line % 11 === 0 ? "" : text}\n`;
  }).join("");

function pickHeld(line: number): string {
  return ["x,a\n", `${line}\n`, `${line},a"b\n`][line % 3] ?? "";
}

/** Parts of three files, one of them cut in two. */
function tasksOf(lines: number): SiftTask[] {
  const paths = [1, 2, 3].map((salt) => ground.file(content(lines, salt)));
  const cut = 100_001;
  const ranges: [string | undefined, readonly [number, number]][] = [
    [paths[0], WHOLE],
    [paths[1], [0, cut]],
    [paths[1], [cut, WHOLE[1]]],
    [paths[2], WHOLE],
  ];
  return ranges.map(([path = "", range], index) =>
    ground.task(path, range, {
      dialect: CSV,
      columns: COLUMNS,
      numbersAfter: index * PART_NUMBERS,
    }),
  );
}

function takeAll(sifting: Sifting, thread: () => number = () => 0): ChunkRow[] {
  const rows: ChunkRow[] = [];
  for (let chunk = sifting.next(thread()); chunk !== undefined; chunk = sifting.next(thread()))
    rows.push(...rowsIn(chunk, COLUMNS));
  return rows;
}

const threadsLeft = (): string[] =>
  process.getActiveResourcesInfo().filter((one) => /Worker|MessagePort/.test(one));

interface Result {
  readonly rows: readonly ChunkRow[];
  readonly parts: readonly SiftedPart[];
  readonly written: readonly string[];
}

async function siftAll(how: typeof HERE, thread: () => number): Promise<Result> {
  const tasks = tasksOf(12_000);
  const sifting = openSifting(tasks, how);
  const rows = takeAll(sifting, thread);
  const parts = await sifting.parts();
  const files = [...new Set(tasks.map(({ path }) => path))];
  const bytes = files.reduce((sum, path) => sum + statSync(path).size, 0);
  // Counted in units of a thousand, of each block that is read.
  assert.ok(Math.abs(sifting.readBytes() - bytes) < 1024 * 32, `${sifting.readBytes()}, ${bytes}`);
  await sifting.close();
  assert.deepEqual(threadsLeft(), []);
  const written = tasks.flatMap(({ paths }) =>
    Object.values(paths).map((path) => readFileSync(path, "utf8")),
  );
  return { rows, parts, written };
}

const byNumber = (rows: readonly ChunkRow[]): ChunkRow[] =>
  rows.toSorted((one, other) => one.number - other.number);

test("parts give the same rows in threads and here, and the same lines are held", async () => {
  const here = await siftAll(HERE, () => 0);
  const numbers = here.rows.map(({ number }) => number);
  assert.deepEqual(
    numbers,
    numbers.toSorted((one, other) => one - other),
  );
  let turn = 0;
  for (const [threads, thread] of [
    [2, () => 0],
    [3, () => 1],
    [8, () => turn++ % 5],
  ] as const) {
    const aside = await siftAll({ ...IN_THREADS, threads }, thread);
    assert.deepEqual(byNumber(aside.rows), here.rows);
    assert.deepEqual(aside.parts, here.parts);
    assert.deepEqual(aside.written, here.written);
  }
  assert.equal(
    here.rows.length,
    here.parts.reduce((sum, { passed }) => sum + passed, 0),
  );
});

test("who asks with the same number gets the rows of each part in their order", async () => {
  const sifting = openSifting(tasksOf(12_000), IN_THREADS);
  const last = new Map<number, number>();
  for (const { number } of takeAll(sifting)) {
    const part = Math.floor(number / PART_NUMBERS);
    assert.ok(number > (last.get(part) ?? 0));
    last.set(part, number);
  }
  assert.equal(last.size, 4);
  await sifting.close();
});

/** Closes it, whatever comes of the test, and looks whether anything is left. */
async function using(
  tasks: readonly SiftTask[],
  how: typeof HERE,
  test: (sifting: Sifting) => Promise<void>,
): Promise<void> {
  const sifting = openSifting(tasks, how);
  try {
    await test(sifting);
  } finally {
    await sifting.close();
  }
  assert.deepEqual(threadsLeft(), []);
  assert.deepEqual(openFiles(), []);
}

const tasksFrom = (paths: readonly string[]): SiftTask[] =>
  paths.map((path) => ground.task(path, WHOLE, { dialect: CSV, columns: COLUMNS }));

for (const [where, how] of WAYS) {
  test(`a chunk is as it was until the next one is asked for, ${where}`, () =>
    using(tasksOf(12_000), how, async (sifting) => {
      let chunk: RowChunk | undefined = sifting.next(0);
      for (let count = 0; count < 6 && chunk !== undefined; count++) {
        const before = rowsIn(chunk, COLUMNS);
        await sleep(5);
        assert.deepEqual(rowsIn(chunk, COLUMNS), before);
        chunk = sifting.next(0);
      }
    }));

  test(`a part that is given up ends all of them, and is told, ${where}`, async () => {
    const unfit = ground.file("1,a\nx,b\n".repeat(20_000));
    const fit = ground.file(content(400_000, 1));
    for (const paths of [[unfit], [fit, unfit], [unfit, fit], [fit, unfit, fit]])
      await using(tasksFrom(paths), how, async (sifting) => {
        assert.throws(() => takeAll(sifting), /given up/);
        const parts = await within(sifting.parts(), `parts() of ${paths.length}`);
        assert.ok(parts.some(({ isUnfit }) => isUnfit));
      });
  });

  test(`a file that cannot be read ends all parts, and the cause is told, ${where}`, async () => {
    const fit = ground.file(content(400_000, 1));
    const endless = ground.file(`1,${"a".repeat(5 * 2 ** 20)}\n`);
    for (const [paths, code] of [
      [[`${ground.folder}/missing`], "ENOENT"],
      [[fit, `${ground.folder}/missing`], "ENOENT"],
      [[fit, endless], "source/unreadable-file"],
    ] as const)
      await using(tasksFrom(paths), how, async (sifting) => {
        assert.throws(() => takeAll(sifting));
        await assert.rejects(within(sifting.parts(), "parts()"), { code });
      });
  });

  test(`one that is closed before the end leaves no thread and no open file, ${where}`, async () => {
    for (const chunks of [0, 1, 5])
      await using(tasksOf(100_000), how, async (sifting) => {
        for (let count = 0; count < chunks; count++) assert.ok(sifting.next(0) !== undefined);
      });
  });
}

/** Of this test; where the system tells. */
function openFiles(): string[] {
  if (!existsSync("/proc/self/fd")) return [];
  const links = readdirSync("/proc/self/fd").map((name) => {
    try {
      return readlinkSync(`/proc/self/fd/${name}`);
    } catch {
      // The one that the folder itself was read with.
      return "";
    }
  });
  return links.filter((path) => path.startsWith(ground.folder));
}

/** Rejects where the promise is not settled within ten seconds. */
async function within<T>(promise: Promise<T>, what: string): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`${what} waits for ever`)), 10_000);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
