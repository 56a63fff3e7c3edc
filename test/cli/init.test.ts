/** Tests of `init`: what it writes runs, and nothing of a person's is touched. */

import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { documentOf, json, millrace, temporaryFolder } from "./command.ts";

const place = temporaryFolder();
after(() => place.remove());

const FILES = [
  ".gitignore",
  "README.md",
  "data/orders.csv",
  "millrace.ts",
  "package.json",
  "tsconfig.json",
];

test("a new project has all files, says what comes next, and its package names this version", async () => {
  const { code, out, err } = await millrace(["init", "shop"], { cwd: place.path });
  assert.deepEqual({ code, err }, { code: 0, err: "" });
  assert.match(out, /Next:\n {2}cd shop\n {2}npx millrace plan\n {2}npx millrace run\n/);
  const folder = join(place.path, "shop");
  assert.deepEqual(
    FILES.map((file) => readFileSync(join(folder, file), "utf8").includes("{{")),
    FILES.map(() => false),
  );
  const { version } = JSON.parse(readFileSync("package.json", "utf8"));
  const { name, dependencies } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  assert.deepEqual(
    { name, dependencies },
    { name: "shop", dependencies: { millrace: `^${version}` } },
  );
});

test("a folder that is not empty is refused, with what lies in it", async () => {
  const folder = join(place.path, "taken");
  mkdirSync(folder);
  writeFileSync(join(folder, "mine.txt"), "mine");
  const [named, here] = await Promise.all([
    millrace(["init", "taken"], { cwd: place.path }),
    millrace(["init", "--json"], { cwd: folder }),
  ]);
  assert.equal(named.code, 1);
  assert.match(named.err, /^error\[init\/not-empty\]: .*taken is not empty: mine\.txt\n/);
  assert.equal(here.code, 1);
  assert.match(JSON.stringify(documentOf(here.out)), /init\/not-empty/);
  assert.deepEqual(readdirSync(folder), ["mine.txt"]);
});

test("the name of a file is refused", async () => {
  writeFileSync(join(place.path, "file"), "");
  const { code, err } = await millrace(["init", "file"], { cwd: place.path });
  assert.equal(code, 1);
  assert.match(err, /^error\[init\/not-a-folder\]/);
});

for (const name of [`it's a "店" & Co`, "deep/er/Läden", "-dash"]) {
  test(`a project in a folder called ${name} runs and answers`, async () => {
    const folder = join(place.path, name);
    const made = await json(["init", "--", name], { cwd: place.path });
    const project = readFileSync(join(folder, "millrace.ts"), "utf8").match(/name: "(.*)",/)?.[1];
    assert.deepEqual(made, { project, folder, files: FILES });
    const run = (await json(["run"], { cwd: folder })) as { state: string };
    assert.equal(run.state, "done");
    const rows = await json(["query", "select count(*) as n from bronze.orders"], { cwd: folder });
    assert.deepEqual(rows, [{ n: 4 }]);
  });
}

test("without a name an empty folder is filled where the person stands", async () => {
  const folder = join(place.path, "empty");
  mkdirSync(folder);
  const { code, out } = await millrace(["init"], { cwd: folder });
  assert.equal(code, 0);
  assert.doesNotMatch(out, / cd /);
  assert.deepEqual(readdirSync(folder).toSorted(), [
    ".gitignore",
    "README.md",
    "data",
    "millrace.ts",
    "package.json",
    "tsconfig.json",
  ]);
});
