/** Random sequences of operations by several writers: after each step the table is what a plain model says. */

import { after, before, test } from "node:test";
import { createDuckDB } from "../../../src/engine/duckdb.ts";
import type { Engine } from "../../../src/engine/engine.ts";
import { anySeed } from "../random.ts";
import { prove } from "./prove.ts";
import { makeSequence } from "./sequence.ts";
import { STORAGES } from "./storages.ts";

const STEPS = 24;
/** For each storage; the sequence that is under way is finished. */
const BUDGET_MS = 4000;

let engine: Engine;
before(async () => {
  engine = await createDuckDB();
});
after(() => engine.close());

for (const [where, onStorage] of Object.entries(STORAGES)) {
  test(`what several writers do at random ${where} comes out as in a plain model`, async (context) => {
    const end = Date.now() + BUDGET_MS;
    const first = anySeed();
    let seed = first;
    for (; Date.now() < end; seed += 1) await prove(engine, makeSequence(seed, STEPS), onStorage);
    context.diagnostic(`seeds ${first} to ${seed - 1}`);
  });
}
