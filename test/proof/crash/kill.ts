/** Writers killed at random while a reader reads: in the end nothing is lost, nothing is doubled, and nobody ever saw anything else. */

import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { lintTable } from "../lint.ts";
import { type Commit, commitInfoOf, readCommits } from "../log.ts";
import { checkVersion } from "../model/check.ts";
import { unlessForgotten } from "../model/forgotten.ts";
import { createTable, TABLE } from "../model/table.ts";
import { chanceFrom } from "../random.ts";
import { expectedVersions, hear, nothingSaid } from "./history.ts";
import { type Bucket, KEEPS_MS, openPlace } from "./place.ts";
import { start } from "./process.ts";

export interface Kills {
  readonly kills: number;
  readonly seed: number;
  /** From its first word to its end, at most. */
  readonly longestMs: number;
  /** Where the table lies, if not on this disk. */
  readonly bucket?: Bucket;
}

export interface Survived {
  readonly versions: number;
  readonly reads: number;
}

const NO_COMMIT: Commit = { version: -1, actions: [] };
const WRITERS_AT_ONCE = 2;
/** More steps than a writer lives to do. */
const FOREVER = 1_000_000;
/** Versions that are compared with the model, beside the newest. */
const COMPARED = 25;

export async function survive({ kills, seed, longestMs, bucket }: Kills): Promise<Survived> {
  const root = mkdtempSync(join(tmpdir(), "millrace-kill-"));
  const chance = chanceFrom(seed);
  const where = bucket === undefined ? "" : JSON.stringify(bucket);
  const place = await openPlace(root, bucket);
  try {
    await createTable(place, { "delta.checkpointInterval": "4" });
    const reader = start("reader.ts", root, [seed, where]);
    const said = nothingSaid();
    let left = kills;
    const lane = async (number: number): Promise<void> => {
      while (left > 0) {
        left -= 1;
        const name = `w${left}`;
        // Ids of rows must differ from writer to writer.
        const from = (left + 1) * 10_000;
        const args = [name, chance.below(2 ** 31), from, FOREVER, where];
        const writer = start("writer.ts", root, args);
        await writer.begun;
        await setTimeout(chance.below(longestMs));
        writer.kill();
        const { end, errors } = await writer.ended;
        hear(said, name, writer.lines);
        assert.equal(end, "SIGKILL", `writer ${name} of lane ${number}: ${errors}`);
      }
    };
    try {
      await Promise.all(Array.from({ length: WRITERS_AT_ONCE }, (_, number) => lane(number)));
    } finally {
      reader.finish();
    }
    const { end, errors } = await reader.ended;
    assert.equal(end, 0, `the reader: ${errors}`);
    // One that is left alone cleans up after the dead, and ends.
    const last = start("writer.ts", root, ["last", chance.below(2 ** 31), 0, 5, where]);
    assert.deepEqual(await last.ended, { end: 0, errors: "" });
    hear(said, "last", last.lines);

    const { storage } = place.context;
    const commits = await readCommits(storage, TABLE, 0);
    const versions = expectedVersions(commits, said);
    const asked = Date.now();
    assert.deepEqual(await lintTable(storage, TABLE, place.engine), []);
    const newest = versions.length - 1;
    const looked = [newest, ...Array.from({ length: COMPARED }, () => chance.below(newest))];
    for (const version of looked) {
      const expected = versions[version];
      if (expected === undefined) continue;
      const replaced = Number(commitInfoOf(commits[version + 1] ?? NO_COMMIT).timestamp ?? asked);
      const check = () => checkVersion(place, version, expected);
      // A vacuum may have taken what was removed longer ago than it keeps.
      await (asked - replaced < KEEPS_MS ? check() : unlessForgotten(check));
    }
    assert.deepEqual(leftovers(root), []);
    return { versions: newest, reads: Number(reader.lines.at(-1)) };
  } finally {
    await place.close();
    rmSync(root, { recursive: true, force: true });
  }
}

/** Staging folders of dead processes. */
function leftovers(root: string): string[] {
  return readdirSync(root).includes(".staging") ? readdirSync(join(root, ".staging")) : [];
}
