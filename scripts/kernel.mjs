/** Makes the WebAssembly that src/source holds as text of its sources in kernel/; with `--check` only compares. */

import { readFileSync, writeFileSync } from "node:fs";
import asc from "assemblyscript/asc";
import binaryen from "assemblyscript/binaryen";

const ROOT = new URL("..", import.meta.url);
const OPTIONS = ["-O3", "--noAssert", "--runtime", "stub", "--enable", "simd", "--use", "abort="];

/** In nodes: functions up to these sizes go into those that call them, which makes the loops a fifth faster. */
const INLINED = { always: 1000, whenSimple: 2000 };
const { SIMD128, SignExt, MutableGlobals, BulkMemory, BulkMemoryOpt, NontrappingFPToInt } =
  binaryen.Features;
const FEATURES =
  SIMD128 | SignExt | MutableGlobals | BulkMemory | BulkMemoryOpt | NontrappingFPToInt;

const kernels = [
  { entry: "byte/index.ts", target: "src/source/byte-kernel.ts" },
  { entry: "sieve/index.ts", target: "src/source/sieve/kernel.ts" },
];

for (const { entry, target } of kernels) {
  const file = new URL(target, ROOT);
  const code = Buffer.from(await compile(entry)).toString("base64");
  const before = readFileSync(file, "utf8");
  const after = before.replace(/(const CODE =\s*")[^"]*"/, (_, head) => `${head}${code}"`);
  if (!process.argv.includes("--check")) writeFileSync(file, after);
  else if (before !== after) {
    process.stderr.write(`${target} is older than its source: npm run kernel\n`);
    process.exitCode = 1;
  }
}

/**
 * @param {string} entry
 * @returns {Promise<Uint8Array>}
 */
async function compile(entry) {
  const made = new Map();
  const { error, stderr } = await asc.main([entry, "--outFile", "kernel.wasm", ...OPTIONS], {
    readFile: (name) => {
      try {
        return readFileSync(new URL(`kernel/${name}`, ROOT), "utf8");
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
  return inlined(made.get("kernel.wasm"));
}

/**
 * @param {Uint8Array} code
 * @returns {Uint8Array}
 */
function inlined(code) {
  const module = binaryen.readBinary(code);
  module.setFeatures(FEATURES);
  binaryen.setOptimizeLevel(3);
  binaryen.setShrinkLevel(0);
  binaryen.setAlwaysInlineMaxSize(INLINED.always);
  binaryen.setFlexibleInlineMaxSize(INLINED.whenSimple);
  binaryen.setAllowInliningFunctionsWithLoops(true);
  module.optimize();
  return module.emitBinary();
}
