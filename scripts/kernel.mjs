/** Makes the WebAssembly that src/source holds as text of its sources in kernel/ and src/source; with `--check` only compares. */

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";
import wabt from "wabt";

const ROOT = new URL("..", import.meta.url);

const kernels = [
  { target: "src/source/byte-kernel.ts", make: assemble },
  { target: "src/source/sieve/kernel.ts", make: compile },
];

for (const { target, make } of kernels) {
  const file = new URL(target, ROOT);
  const code = Buffer.from(await make()).toString("base64");
  const before = readFileSync(file, "utf8");
  const after = before.replace(/(const CODE =\s*")[^"]*"/, (_, head) => `${head}${code}"`);
  if (!process.argv.includes("--check")) writeFileSync(file, after);
  else if (before !== after) {
    process.stderr.write(`${target} is older than its source: npm run kernel\n`);
    process.exitCode = 1;
  }
}

async function assemble() {
  const source = new URL("src/source/byte-kernel.wat", ROOT);
  const parsed = (await wabt()).parseWat(fileURLToPath(source), readFileSync(source, "utf8"), {
    simd: true,
  });
  parsed.validate();
  return parsed.toBinary({}).buffer;
}

/** @returns {Promise<Uint8Array>} */
async function compile() {
  const options = ["-O3", "--noAssert", "--runtime", "stub", "--enable", "simd", "--use", "abort="];
  const made = new Map();
  const { error, stderr } = await asc.main(["index.ts", "--outFile", "sieve.wasm", ...options], {
    readFile: (name) => {
      const file = new URL(`kernel/sieve/${name}`, ROOT);
      try {
        return readFileSync(file, "utf8");
      } catch {
        return null;
      }
    },
    writeFile: (name, contents) => {
      made.set(name, contents);
    },
    listFiles: () => [],
  });
  if (error !== null) throw new Error(`${error.message}\n${stderr.toString()}`);
  return made.get("sieve.wasm");
}
