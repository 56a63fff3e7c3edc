/** Tests of the packed package as a stranger gets it: what is in it, and that it runs where only it was installed. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { after, before, test } from "node:test";

const TSC = resolve("node_modules/typescript/bin/tsc");

let place = "";
let packed: { filename: string; size: number; unpackedSize: number; files: { path: string }[] };

before(() => {
  place = mkdtempSync(join(tmpdir(), "millrace-package-"));
  const output = run("npm", ["pack", "--json", "--pack-destination", place], process.cwd());
  [packed] = JSON.parse(output.slice(output.indexOf("[")));
});

after(() => rmSync(place, { recursive: true, force: true }));

test("the package holds programs, declarations and assets, and nothing that is only for making it", () => {
  const paths = packed.files.map(({ path }) => path);
  const allowed =
    /^(package\.json|README\.md|LICENSE|NOTICE|bin\/(millrace|launch\.mjs|guard\.mjs|package\.json)|assets\/.+|dist\/.+\.(js|d\.ts)|dist\/.+\.(sql|md|json))$/;
  assert.deepEqual(
    paths.filter((path) => !allowed.test(path)),
    [],
  );
  for (const path of ["bin/millrace", "dist/index.js", "dist/index.d.ts", "LICENSE"]) {
    assert.ok(paths.includes(path), `${path} is missing`);
  }
  for (const path of loadedByAddress()) {
    assert.ok(
      paths.some((one) => one === path || one.startsWith(`${path}/`)),
      `${path} is missing`,
    );
  }
  assert.ok(packed.size < 2_000_000, `${packed.size} bytes packed`);
});

test("installed alone in an empty folder, it begins a project, runs it, and the project type-checks", () => {
  const folder = join(place, "stranger");
  mkdirSync(folder);
  writeFileSync(join(folder, "package.json"), '{ "private": true }');
  // Scripts stay off: nothing in the tree may need one.
  const options = ["--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund"];
  run("npm", ["install", ...options, join(place, packed.filename)], folder);

  assert.match(run("npx", ["millrace", "--help"], folder), /millrace run/);
  // Not by npx, which puts the packaged Node first: the program itself finds it.
  assert.match(run("node_modules/.bin/millrace", ["--help"], folder), /millrace run/);
  run("npx", ["millrace", "init", "demo"], folder);
  const demo = join(folder, "demo");
  run("npx", ["millrace", "run"], demo);
  run("npx", ["millrace", "run"], demo);
  writeFileSync(
    join(demo, "tsconfig.check.json"),
    JSON.stringify({
      compilerOptions: {
        module: "nodenext",
        target: "es2024",
        strict: true,
        noEmit: true,
        types: [],
      },
      include: ["**/*.ts"],
    }),
  );
  run(process.execPath, [TSC, "-p", "tsconfig.check.json"], demo);
  const { dependencies } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  assert.deepEqual(Object.keys(dependencies), ["millrace"]);
});

/** Modules and files that the code finds beside itself, in the package. */
function loadedByAddress(): string[] {
  const found = globSync("src/**/*.ts").flatMap((file) => {
    const calls = readFileSync(file, "utf8").matchAll(/\b(moduleUrl|packagePath)\(["`]([^"`$]+)/g);
    return [...calls].map(([, call, path = ""]) =>
      call === "moduleUrl" ? `dist/${path}.js` : path.replace(/\/$/, ""),
    );
  });
  assert.ok(found.includes("dist/source/sieve/worker.js"));
  assert.ok(found.includes("assets/font"));
  return found;
}

/** With the system's Node and not the one of this checkout; the stranger has no other. */
function run(program: string, args: readonly string[], cwd: string): string {
  const path = (process.env.PATH ?? "")
    .split(delimiter)
    .filter((entry) => !entry.includes("node_modules"));
  const { UV_THREADPOOL_SIZE: _, NODE_COMPILE_CACHE: __, ...outside } = process.env;
  const inherited = Object.entries(outside).filter(([name]) => !/^(npm_|NODE_)/.test(name));
  const env = { ...Object.fromEntries(inherited), PATH: path.join(delimiter) };
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, env, encoding: "utf8" });
  assert.equal(status, 0, `${program} ${args.join(" ")} ended with ${status}\n${stdout}${stderr}`);
  return stdout;
}
