/**
 * Makes dist/, what the package ships: the declarations of src/ one by one, and its JavaScript put together into few
 * files, since a program of hundreds of modules spends a fifth of its start on finding them.
 */

import { spawnSync } from "node:child_process";
import { globSync, rmSync } from "node:fs";
import { isAbsolute } from "node:path";
import { rollup } from "rollup";

/** What is loaded by its address, and so keeps its place. */
const ENTRIES = ["index", "cli/main", "source/sieve/worker"];

rmSync("dist", { recursive: true, force: true });
const compiler = ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"];
const { status } = spawnSync(process.execPath, compiler, { stdio: "inherit" });
if (status !== 0) process.exit(1);

const bundle = await rollup({
  input: Object.fromEntries(ENTRIES.map((entry) => [entry, `dist/${entry}.js`])),
  external: (name, importer) =>
    importer !== undefined && !name.startsWith(".") && !isAbsolute(name),
  onLog(level, log, tell) {
    // Of a helper that the compiler wrote.
    if (log.code !== "THIS_IS_UNDEFINED") tell(level, log);
  },
});
for (const file of globSync("dist/**/*.js")) rmSync(file);
// What only some commands need stays in files of its own.
await bundle.write({ dir: "dist", format: "es", chunkFileNames: "part/[name]-[hash].js" });
await bundle.close();
