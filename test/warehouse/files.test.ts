/** Tests of `files()`: what a person may declare. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { env } from "../../src/sql/template.ts";
import { files } from "../../src/warehouse/files.ts";

test("files() gives a frozen value with its defaults filled in", () => {
  const value = files("out", { format: "csv", nulls: "NA" });
  assert.deepEqual(value, {
    kind: "warehouse",
    system: "files",
    folder: "out",
    format: "csv",
    name: undefined,
    nulls: "NA",
    bom: false,
    formulas: "escape",
  });
  assert.ok(Object.isFrozen(value));
  assert.equal(files(env("OUT"), { format: "parquet" }).format, "parquet");
});

test("an unknown option, format or folder is named with what is allowed", () => {
  const wrong =
    (how: object): (() => unknown) =>
    () =>
      files("out", how as never);
  assert.throws(wrong({ format: "cvs" }), {
    code: "project/bad-option",
    hint: /did you mean "csv"/,
  });
  assert.throws(wrong({}), { code: "project/bad-option", message: /format/ });
  assert.throws(wrong({ format: "csv", null: "" }), {
    code: "project/unknown-option",
    hint: /Did you mean "nulls"\?/,
  });
  assert.throws(wrong({ format: "csv", formulas: "drop" }), { code: "project/bad-option" });
  assert.throws(() => files("", { format: "csv" }), { code: "project/bad-option" });
});

test("options of CSV are refused for other formats, and a text for nulls that CSV cannot hold is refused", () => {
  assert.throws(() => files("out", { format: "ndjson", bom: true }), /bom of files\(\) is true/);
  assert.throws(() => files("out", { format: "csv", nulls: "," }), /nulls of files\(\)/);
});
