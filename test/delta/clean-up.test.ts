/** Log clean-up: what is kept stays readable, whatever moment a clean-up dies at. */

import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { writeCheckpoint } from "../../src/delta/checkpoint.ts";
import { cleanUpLog } from "../../src/delta/clean-up.ts";
import type { Snapshot } from "../../src/delta/snapshot.ts";
import { commit } from "../../src/delta/write.ts";
import { column, type Lake, openLake } from "./lake.ts";

let lake: Lake;
before(async () => {
  lake = await openLake();
});
after(() => lake.close());

const DAY = 24 * 60 * 60 * 1000;
const fields = [column("id", "long")];
const logOf = (folder: string) => join(lake.root, folder, "_delta_log");
const namesOf = (folder: string) => readdirSync(logOf(folder)).toSorted();
const digits = (version: number) => String(version).padStart(20, "0");

/** Version n was committed n days after this, and a checkpoint of it is as old as it is. */
const FIRST_DAY = Math.floor(Date.now() / DAY) * DAY - 60 * DAY;

/** A table whose versions are a day apart, with checkpoints of the versions named. */
async function fill(
  folder: string,
  versions: number,
  how: {
    readonly configuration?: Readonly<Record<string, string>>;
    readonly checkpoints?: readonly number[];
    readonly sidecarActions?: number;
  } = {},
): Promise<Snapshot> {
  const { configuration = {}, checkpoints = [10, 20, 30, 40], sidecarActions = 50_000 } = how;
  let snapshot = await lake.create(folder, {
    fields,
    configuration: { "delta.checkpointInterval": "1000", ...configuration },
  });
  for (let version = 1; version <= versions; version += 1) {
    snapshot = await commit(lake.context, snapshot, {
      operation: "WRITE",
      transactions: [{ appId: "n", version: BigInt(version) }],
      adopted: [
        {
          path: `${version}.parquet`,
          partitionValues: {},
          size: 1,
          modificationTime: 0,
          dataChange: true,
          stats: '{"numRecords":1}',
        },
      ],
    });
    if (checkpoints.includes(version)) {
      await writeCheckpoint(lake.context, snapshot, { sidecarActions });
    }
  }
  age(folder);
  return snapshot;
}

function age(folder: string): void {
  for (const name of namesOf(folder)) {
    const version = /^\d{20}/.exec(name)?.[0];
    if (version === undefined) continue;
    const time = new Date(FIRST_DAY + Number(version) * DAY);
    utimesSync(join(logOf(folder), name), time, time);
  }
}

/** The versions that open, with all rows and transactions. */
async function readable(
  folder: string,
  newest: number,
  asked: readonly number[] = from(0, newest),
): Promise<number[]> {
  const found: number[] = [];
  for (const version of asked) {
    try {
      const snapshot = await lake.open(folder, { version });
      assert.equal(snapshot.files.length, version);
      assert.equal(snapshot.transactions.get("n") ?? 0n, BigInt(version));
      found.push(version);
    } catch (error) {
      assert.match(String(error), /lacks commit|no version/);
    }
  }
  return found;
}

const from = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

test("versions older than the retention go, down to the checkpoint that the oldest kept one needs", async () => {
  // Version 45 is the newest, so the cut-off of 30 days is version 15, which is read from 10.
  const snapshot = await fill("old", 45);
  for (const name of ["3.crc", "12.crc"]) {
    const [version, rest] = name.split(".");
    writeFileSync(join(logOf("old"), `${digits(Number(version))}.${rest}`), "{}");
  }
  for (const [first, last] of [
    [2, 5],
    [10, 12],
    [11, 13],
  ] as const) {
    writeFileSync(join(logOf("old"), `${digits(first)}.${digits(last)}.compacted.json`), "");
  }
  age("old");
  assert.equal(await cleanUpLog(lake.context, snapshot), 10 + 1 + 2);
  assert.deepEqual(await readable("old", 45), from(10, 45));
  const names = namesOf("old");
  assert.ok(names.includes(`${digits(10)}.json`), "the commit of the kept checkpoint goes with it");
  assert.ok(names.includes(`${digits(12)}.crc`));
  assert.ok(names.includes(`${digits(11)}.${digits(13)}.compacted.json`));
  assert.equal(
    names.some((name) => name < digits(10)),
    false,
  );
  const cutOff = new Date(FIRST_DAY + 15 * DAY);
  assert.equal((await lake.open("old", { timestamp: cutOff })).version, 15);
  assert.equal(await cleanUpLog(lake.context, snapshot), 0);
});

test("a clean-up that dies at any moment leaves no hole above the oldest checkpoint, and the next one ends it", async () => {
  const snapshot = await fill("dies", 45, {
    configuration: { "delta.logRetentionDuration": "interval 12 days" },
  });
  let seed = 7;
  const random = (below: number) => {
    seed = (seed * 1103515245 + 12345) % 2 ** 31;
    return seed % below;
  };
  // Of what is removed at once, some is gone when the process dies, in no order.
  const storage = {
    ...lake.context.storage,
    removeMany: async (paths: readonly string[]) => {
      const isLast = paths.length === 1 || random(5) === 0;
      await lake.context.storage.removeMany(isLast ? paths : paths.filter(() => random(3) === 0));
      if (!isLast || random(2) === 0) throw new Error("killed");
    },
  };
  let kills = 0;
  for (;;) {
    try {
      await cleanUpLog({ ...lake.context, storage }, snapshot);
      break;
    } catch (error) {
      assert.match(String(error), /killed/);
    }
    kills += 1;
    const [first] = namesOf("dies").filter((name) => name.includes("checkpoint"));
    const usable = Number(first?.slice(0, 20));
    // Around the checkpoints is where a hole would be.
    const asked = [10, 11, 19, 20, 21, 29, 30, 31, 45].filter((version) => version >= usable);
    assert.deepEqual(await readable("dies", 45, asked), asked);
  }
  assert.ok(kills > 3, `${kills} kills`);
  assert.deepEqual(await readable("dies", 45), from(30, 45));
});

test("nothing goes where no checkpoint is old enough, where the kept one is broken, or where the table says so", async () => {
  const none = await fill("none", 45, { checkpoints: [20] });
  const broken = await fill("broken", 45, { checkpoints: [10, 20, 30] });
  const told = await fill("told", 45, {
    configuration: { "delta.enableExpiredLogCleanup": "false" },
  });
  const file = join(logOf("broken"), `${digits(10)}.checkpoint.parquet`);
  const bytes = readFileSync(file);
  bytes.fill(0, 10, bytes.length - 20);
  writeFileSync(file, bytes);
  age("broken");
  for (const snapshot of [none, broken, told]) {
    const before = namesOf(snapshot.folder);
    assert.equal(await cleanUpLog(lake.context, snapshot), 0, snapshot.folder);
    assert.deepEqual(namesOf(snapshot.folder), before);
  }
});

test("a machine whose clock is ahead of the store takes nothing that the store calls young", async () => {
  const snapshot = await fill("ahead", 25);
  const clock = { ...lake.context.clock, now: () => new Date(FIRST_DAY + 1000 * DAY) };
  assert.equal(await cleanUpLog({ ...lake.context, clock }, snapshot), 0);
});

test("where commits carry their own times these decide, though the files look older", async () => {
  const snapshot = await fill("timed", 45, {
    checkpoints: [10, 20, 30],
    configuration: { "delta.enableInCommitTimestamps": "true" },
  });
  // All were made a moment ago, by their own times.
  assert.equal(await cleanUpLog(lake.context, snapshot), 0);
  assert.deepEqual(await readable("timed", 45), from(0, 45));
});

test("sidecars go when no checkpoint refers to them and they are older than a day", async () => {
  const snapshot = await fill("sidecars", 45, {
    configuration: { "delta.checkpointPolicy": "v2" },
    sidecarActions: 5,
  });
  const folder = join(logOf("sidecars"), "_sidecars");
  const before = readdirSync(folder);
  assert.equal(before.length, 2 + 4 + 6 + 8);
  writeFileSync(join(folder, "young.parquet"), "");
  writeFileSync(join(folder, "orphan.parquet"), "");
  for (const name of [...before, "orphan.parquet"]) {
    utimesSync(join(folder, name), new Date(FIRST_DAY), new Date(FIRST_DAY));
  }
  const young = new Date(FIRST_DAY + 44.9 * DAY);
  utimesSync(join(folder, "young.parquet"), young, young);
  // Those of version 10, which is kept, and of all later ones stay.
  await cleanUpLog(lake.context, snapshot);
  const left = readdirSync(folder);
  assert.deepEqual(left.toSorted(), [...before, "young.parquet"].toSorted());
  const shorter = {
    ...snapshot,
    metadata: {
      ...snapshot.metadata,
      configuration: {
        ...snapshot.metadata.configuration,
        "delta.logRetentionDuration": "interval 10 days",
      },
    },
  };
  await cleanUpLog(lake.context, shorter);
  assert.equal(readdirSync(folder).length, 6 + 8 + 1);
  assert.deepEqual(await readable("sidecars", 45), from(30, 45));
});

test("checkpoints of every hundredth version and the three newest stay, and every version stays readable", async () => {
  const snapshot = await fill("thin", 125, {
    checkpoints: from(1, 12).map((index) => index * 10),
    configuration: { "delta.logRetentionDuration": "interval 365 days" },
  });
  assert.equal(await cleanUpLog(lake.context, snapshot), 9);
  const checkpoints = namesOf("thin").filter((name) => name.includes("checkpoint.parquet"));
  assert.deepEqual(
    checkpoints.map((name) => Number(name.slice(0, 20))),
    [100, 110, 120],
  );
  assert.deepEqual(await readable("thin", 125), from(0, 125));
  // Above a hole a checkpoint is all there is.
  const holed = await fill("holed", 65, {
    checkpoints: from(1, 6).map((index) => index * 10),
    configuration: { "delta.logRetentionDuration": "interval 365 days" },
  });
  rmSync(join(logOf("holed"), `${digits(5)}.json`));
  assert.equal(await cleanUpLog(lake.context, holed), 0);
  assert.deepEqual(await readable("holed", 65), [...from(0, 4), ...from(10, 65)]);
});

test("a commit that writes a checkpoint cleans up after it", async () => {
  const snapshot = await fill("after", 45, {
    configuration: {
      "delta.checkpointInterval": "46",
      "delta.logRetentionDuration": "interval 20 days",
    },
  });
  mkdirSync(join(logOf("after"), "_sidecars"), { recursive: true });
  assert.ok(existsSync(join(logOf("after"), `${digits(0)}.json`)));
  await commit(lake.context, snapshot, {
    operation: "WRITE",
    transactions: [{ appId: "n", version: 46n }],
  });
  assert.equal(namesOf("after")[0], `${digits(40)}.checkpoint.parquet`);
});
