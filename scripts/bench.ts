/** `npm run bench`: runs the measurements in bench/, one after another and each in its own process; names choose among them. */

import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { basename } from "node:path";

const wanted = process.argv.slice(2);
const files = globSync("bench/*.bench.ts")
  .toSorted()
  .filter((file) => wanted.length === 0 || wanted.some((name) => basename(file).includes(name)));

for (const file of files) {
  process.stdout.write(`\n${basename(file, ".bench.ts")}\n`);
  const args = ["--expose-gc", "--conditions=millrace-source", file];
  const { status } = spawnSync(process.execPath, args, { stdio: "inherit" });
  if (status !== 0) process.exitCode = 1;
}
process.stdout.write(`\n${files.length} measurements run\n`);
