/** Writers killed at random while a reader reads: in the end nothing is lost, nothing is doubled, and nobody ever saw anything else. */

import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { lintTable } from "../lint.ts";
import { readCommits } from "../log.ts";
import { checkVersion } from "../model/check.ts";
import { createTable, TABLE } from "../model/table.ts";
import { chanceFrom } from "../random.ts";
import { expectedVersions, hear, nothingSaid } from "./history.ts";
import { openPlace } from "./place.ts";
import { start } from "./process.ts";

export interface Kills {
  readonly kills: number;
  readonly seed: number;
  /** From its first word to its end, at most. */
  readonly longestMs: number;
}

export interface Survived {
  readonly versions: number;
  readonly reads: number;
}

const WRITERS_AT_ONCE = 2;
/** Versions that are compared with the model, beside the newest. */
const COMPARED = 25;

export async function survive({ kills, seed, longestMs }: Kills): Promise<Survived> {
  const root = mkdtempSync(join(tmpdir(), "millrace-kill-"));
  const chance = chanceFrom(seed);
  const place = await openPlace(root);
  try {
    await createTable(place, { "delta.checkpointInterval": "4" });
    const reader = start("reader.ts", root, [seed]);
    const said = nothingSaid();
    let left = kills;
    const lane = async (number: number): Promise<void> => {
      while (left > 0) {
        left -= 1;
        const name = `w${left}`;
        // Ids of rows must differ from writer to writer.
        const writer = start("writer.ts", root, [name, chance.below(2 ** 31), (left + 1) * 10_000]);
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
    const last = start("writer.ts", root, ["last", chance.below(2 ** 31), 0, 5]);
    assert.deepEqual(await last.ended, { end: 0, errors: "" });
    hear(said, "last", last.lines);

    const { storage } = place.context;
    const versions = expectedVersions(await readCommits(storage, TABLE, 0), said);
    assert.deepEqual(await lintTable(storage, TABLE, place.engine), []);
    const newest = versions.length - 1;
    const looked = [newest, ...Array.from({ length: COMPARED }, () => chance.below(newest))];
    for (const version of looked) {
      const expected = versions[version];
      if (expected !== undefined) await checkVersion(place, version, expected);
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
