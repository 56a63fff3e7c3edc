/** Patterns as expressions: what Node's own glob finds among files, they find among keys. */

import assert from "node:assert/strict";
import { globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { globExpression, hasWildcard, literalStart } from "../../src/source/glob.ts";

const PATHS = [
  "a.csv",
  "b.csv",
  "b.csv.gz",
  "a+b (1).csv",
  "[x].csv",
  "x.csv",
  ".hidden.csv",
  "in/a.csv",
  "in/ab.csv",
  "in/deep/er/a.csv",
  "in/.git/a.csv",
  "in/2024-01/a.json",
  "in/2024-02/b.ndjson",
  "ünï/文.csv",
];
const PATTERNS = [
  "*.csv",
  "?.csv",
  "**/*.csv",
  "in/**/a.csv",
  "in/**",
  "in/*/*",
  "in/2024-0[12]/*.{json,ndjson}",
  "[a-b].csv",
  "[!a].csv",
  "{a,x}.csv",
  "a+b (1).*",
  "ünï/?.csv",
  "in/.git/*",
  "nothing/*",
];

test("every pattern means among keys what it means among files", () => {
  const folder = mkdtempSync(join(tmpdir(), "millrace-glob-"));
  for (const path of PATHS) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), "");
  }
  for (const pattern of PATTERNS) {
    const named = new Set(pattern.split("/"));
    const isHidden = (path: string): boolean =>
      path.split("/").some((part) => part.startsWith(".") && !named.has(part));
    const expected = globSync(pattern, { cwd: folder }).filter((path) => PATHS.includes(path));
    const expression = globExpression(pattern);
    assert.deepEqual(
      PATHS.filter((path) => expression.test(path)).toSorted(),
      expected.filter((path) => !isHidden(path)).toSorted(),
      pattern,
    );
  }
  rmSync(folder, { recursive: true });
});

test("what every match begins with is known", () => {
  assert.equal(literalStart("in/2024-*/x"), "in/2024-");
  assert.equal(literalStart("plain"), "plain");
  assert.equal(hasWildcard("plain"), false);
  assert.equal(hasWildcard("a{b,c}"), true);
});
