/** `npm run check`: types, lint and format, unused code, architecture. Each says one line, and all it found where it fails. */

import { spawnSync } from "node:child_process";

const CHECKS: Readonly<Record<string, readonly string[]>> = {
  types: ["node_modules/typescript/bin/tsc", "-p", "tsconfig.json"],
  declarations: ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json", "--noEmit"],
  "lint and format": ["node_modules/@biomejs/biome/bin/biome", "check", "--error-on-warnings"],
  "unused code": ["node_modules/knip/bin/knip.js", "--no-progress", "--no-config-hints"],
  architecture: ["--test", "--test-reporter=./scripts/reporter.ts", "test/architecture.test.ts"],
};

let failures = 0;
for (const [name, args] of Object.entries(CHECKS)) {
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  process.stdout.write(`${status === 0 ? "ok    " : "not ok"} ${name} (${seconds} s)\n`);
  if (status === 0) continue;
  failures += 1;
  process.stdout.write(`${stdout}${stderr}\n`);
}
process.exitCode = failures === 0 ? 0 : 1;
