/** `npm run bench`: runs the measurements in bench/, one after another and each in its own process; names choose among them, options are for them. */

import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { basename } from "node:path";

const args = process.argv.slice(2);
const firstOption = args.findIndex((arg) => arg.startsWith("--"));
const wanted = firstOption < 0 ? args : args.slice(0, firstOption);
const options = firstOption < 0 ? [] : args.slice(firstOption);
const files = globSync("bench/*.bench.ts")
  .toSorted()
  .filter((file) => wanted.length === 0 || wanted.some((name) => basename(file).includes(name)));

for (const file of files) {
  process.stdout.write(`\n${basename(file, ".bench.ts")}\n`);
  const command = ["--expose-gc", "--conditions=millrace-source", file, ...options];
  const { status } = spawnSync(process.execPath, command, { stdio: "inherit" });
  if (status !== 0) process.exitCode = 1;
}
process.stdout.write(`\n${files.length} measurements run\n`);
