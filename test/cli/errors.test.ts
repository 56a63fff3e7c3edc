/** Tests that docs/reference/errors.md knows every error code of the program, and no other. */

import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { EVERY_CRASH_POINT } from "../../src/base/crash-point.ts";

/** Texts of the same form that are no error codes: instants for tests, what marks our commits, packages and what ours ships. */
const NO_CODE = /^(millrace|follow|echarts|hucre|assets)\//;

const inProgram = new Set(
  globSync("src/**/*.ts")
    .flatMap((file) => [...readFileSync(file, "utf8").matchAll(/"([a-z]+\/[a-z]+(?:-[a-z]+)*)"/g)])
    .map(([, code = ""]) => code)
    .filter((code) => !NO_CODE.test(code) && !EVERY_CRASH_POINT.some((point) => point === code)),
);
const lines = readFileSync("docs/reference/errors.md", "utf8")
  .split("\n")
  .filter((line) => line.startsWith("| `"));
const inPaper = lines.map((line) => line.split("`")[1] ?? "");

test("every error code of the program has a line in the reference, and every line is about one", () => {
  assert.deepEqual([...inProgram].toSorted(), inPaper.toSorted());
});

test("every line says what happened and what to do", () => {
  for (const line of lines) assert.match(line, /^\| `[a-z/-]+` \| [A-Z`].*\. \| .+\. \|$/);
});
