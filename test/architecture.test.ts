/** Holds the code to the floors of ARCHITECTURE.md, and to the habits that keep its rooms apart. */

import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { basename, dirname, join, normalize, sep } from "node:path";
import { test } from "node:test";

/** Ground floor first. Folders that share a floor do not know each other. */
const FLOORS: readonly (readonly string[])[] = [
  ["base"],
  ["sql"],
  ["schema", "storage", "schedule"],
  ["delta", "engine", "source", "warehouse", "chart"],
  ["operation"],
  ["lake"],
  ["ingest", "transform", "publish"],
  ["project"],
  ["run"],
  ["cli"],
];

const ROOT = "src";
const files = globSync(`${ROOT}/**/*.ts`).toSorted();
const sources = new Map(files.map((file) => [file, readFileSync(file, "utf8")]));
const kernels = new Map(
  globSync("kernel/**/*.ts").map((file) => [file, readFileSync(file, "utf8")]),
);
const imports = new Map([...sources].map(([file, text]) => [file, localImports(file, text)]));

const folderOf = (file: string): string => file.split(sep)[1] ?? "";
const floorOf = (folder: string): number => FLOORS.findIndex((floor) => floor.includes(folder));
const isInFolder = (file: string): boolean => file.split(sep).length > 2;

for (const [file, targets] of [...imports].filter(([path]) => isInFolder(path))) {
  test(`${file} stands on lower floors only`, () => {
    const home = folderOf(file);
    assert.notEqual(
      floorOf(home),
      -1,
      `${home}/ has no floor; add it to FLOORS and ARCHITECTURE.md`,
    );
    for (const target of targets) {
      const other = folderOf(target);
      if (other === home && isInFolder(target)) continue;
      assert.ok(
        isInFolder(target) && floorOf(other) >= 0 && floorOf(other) < floorOf(home),
        `${file} imports ${target}: ${home}/ may not know it`,
      );
    }
  });
}

test("ARCHITECTURE.md shows these floors, the top one first", () => {
  const block = readFileSync("ARCHITECTURE.md", "utf8").match(/^```floors\n([\s\S]*?)^```$/m)?.[1];
  assert.ok(block, "ARCHITECTURE.md has no block that begins with ```floors");
  const shown = block
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).toSorted());
  assert.deepEqual(
    shown.toReversed(),
    FLOORS.map((floor) => floor.toSorted()),
  );
});

test("no file imports itself by way of others", () => {
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    assert.ok(
      !path.includes(file),
      `An import circle: ${[...path.slice(path.indexOf(file)), file].join(" -> ")}`,
    );
    if (done.has(file)) return;
    for (const target of imports.get(file) ?? []) visit(target, [...path, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
});

test("every local import names a file that exists", () => {
  for (const [file, targets] of imports) {
    for (const target of targets) {
      assert.ok(sources.has(target), `${file} imports ${target}, which is not there`);
    }
  }
});

test("a kernel knows its own files and those beside its folder, and nothing of src/", () => {
  assert.ok(kernels.size > 0);
  for (const [file, text] of kernels) {
    for (const target of localImports(file, text)) {
      assert.ok(kernels.has(target), `${file} imports ${target}, which is not there`);
      assert.ok(
        [dirname(file), "kernel"].includes(dirname(target)),
        `${file} imports ${target}, which is another kernel's`,
      );
    }
  }
});

test("every file opens by saying what it holds", () => {
  for (const [file, text] of [...sources, ...kernels]) {
    assert.match(text, /^(#!.*\n)?\/\*\*\s+(\* )?\S/, `${file} does not say what it holds`);
  }
});

test("only cli/ knows the process it runs in and the terminal", () => {
  const forbidden =
    /\bconsole\.\w+|\bprocess\.(env|argv|stdin|stdout|stderr|exit|exitCode|on|once)\b|import\s*\{[^}]*\b(env|argv|stdin|stdout|stderr|exit)\b[^}]*\}\s*from\s*"node:process"/;
  for (const [file, text] of sources) {
    if (folderOf(file) === "cli") continue;
    const found = withoutComments(text).match(forbidden)?.[0];
    assert.equal(found, undefined, `${file} uses ${found}; take it as a parameter from cli/`);
  }
});

test("a file is imported by its own name, never by its folder's", () => {
  for (const [file, text] of sources) {
    assert.ok(
      basename(file) !== "index.ts" || file === join(ROOT, "index.ts"),
      `${file}: no index.ts below ${ROOT}/`,
    );
    assert.doesNotMatch(
      withoutComments(text),
      /\bexport\s+(type\s+)?\*/,
      `${file} re-exports everything of another file`,
    );
  }
});

/** Paths of the files that `file` imports, types included. */
function localImports(file: string, text: string): string[] {
  return [...withoutComments(text).matchAll(/\b(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)].map(
    ([, path]) => normalize(join(dirname(file), path ?? "")),
  );
}

/** Comments that stand on lines of their own are enough: they are all that quotes code. */
function withoutComments(text: string): string {
  return text.replace(/^\s*(\/\*[\s\S]*?\*\/|\/\/.*)$/gm, "");
}
