/** Assembles src/source/byte-kernel.wat into the code that src/source/byte-kernel.ts holds; with `--check` only compares. */

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import wabt from "wabt";

const source = new URL("../src/source/byte-kernel.wat", import.meta.url);
const target = new URL("../src/source/byte-kernel.ts", import.meta.url);

const parsed = (await wabt()).parseWat(fileURLToPath(source), readFileSync(source, "utf8"), {
  simd: true,
});
parsed.validate();
const code = Buffer.from(parsed.toBinary({}).buffer).toString("base64");
const before = readFileSync(target, "utf8");
const after = before.replace(/(const CODE =\s*")[^"]*"/, (_, head) => `${head}${code}"`);
if (!process.argv.includes("--check")) writeFileSync(target, after);
else if (before !== after) {
  process.stderr.write("src/source/byte-kernel.ts is older than its source: npm run kernel\n");
  process.exitCode = 1;
}
