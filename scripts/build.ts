/** Makes dist/, what the package ships: JavaScript and declarations of src/, and the files that lie beside the code. */

import { spawnSync } from "node:child_process";
import { cpSync, globSync, rmSync } from "node:fs";
import { relative } from "node:path";

rmSync("dist", { recursive: true, force: true });
const compiler = ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"];
const { status } = spawnSync(process.execPath, compiler, { stdio: "inherit" });
if (status !== 0) process.exit(1);

for (const entry of globSync("src/**/*", { withFileTypes: true })) {
  if (!entry.isFile() || entry.name.endsWith(".ts")) continue;
  const file = `${entry.parentPath}/${entry.name}`;
  cpSync(file, `dist/${relative("src", file)}`);
}
