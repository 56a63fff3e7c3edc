/**
 * A process that does step after step to a table until it is killed, or has done as many as it was told. It says every
 * step before it is done, and what became of it after, a line of JSON each.
 */

import { writeSync } from "node:fs";
import { chooseStep } from "../model/choose.ts";
import { openWriter } from "../model/perform.ts";
import { chanceFrom } from "../random.ts";
import { openPlace } from "./place.ts";

const [root = "", name = "", seed = "0", from = "0", count = "1", bucket = ""] =
  process.argv.slice(2);

/** At once and whole: what was said stays said when the process is killed. */
const say = (line: unknown): void => {
  writeSync(1, `${JSON.stringify(line)}\n`);
};

const place = await openPlace(root, bucket === "" ? undefined : JSON.parse(bucket));
const chance = chanceFrom(Number(seed));
const writer = openWriter(place, name);
say({ begun: true });
for (let n = 1; n <= Number(count); n += 1) {
  const step = chooseStep(chance, Number(from) + n, 1);
  say({ step: n, operation: step.operation });
  say({ step: n, outcome: await writer.take(step, n) });
}
await place.close();
