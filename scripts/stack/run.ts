/** `npm run test:stack`: starts each real outside part, runs the tests that need it, stops it. */

import { spawnSync } from "node:child_process";
import { PARTS } from "./part.ts";

const names = Object.keys(PARTS);
process.stdout.write(`Outside parts: ${names.length === 0 ? "none" : names.join(", ")}\n`);

let passed = 0;
let failed = 0;
for (const [name, part] of Object.entries(PARTS)) {
  process.stdout.write(`\n${name}\n`);
  const running = await part.start();
  const args = ["--test", "--test-reporter=./scripts/reporter.ts", part.tests];
  const env = { ...process.env, ...running.env };
  const { status } = spawnSync(process.execPath, args, { stdio: "inherit", env });
  await running.stop();
  if (status === 0) passed += 1;
  else failed += 1;
}
process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
