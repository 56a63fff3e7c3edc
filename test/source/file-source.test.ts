/** File sources as a person declares them: what is kept and what is refused. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { csv, jsonFile, ndjson, parquet, xlsx } from "../../src/source/file-source.ts";

test("a source keeps its path and only the options that were given, frozen", () => {
  const source = csv("inbox/*.csv", {
    settle: "10 s",
    nulls: ["NA"],
    delimiter: undefined as never,
  });
  assert.deepEqual(source, {
    kind: "source",
    format: "csv",
    path: "inbox/*.csv",
    options: { settle: "10 s", nulls: ["NA"] },
  });
  assert.ok(
    Object.isFrozen(source) &&
      Object.isFrozen(source.options) &&
      Object.isFrozen(source.options.nulls),
  );
});

test("each builder has its own format", () => {
  const all = [csv("a"), jsonFile("a"), ndjson("a"), xlsx("a"), parquet("a")];
  assert.deepEqual(
    all.map((source) => source.format),
    ["csv", "json", "ndjson", "xlsx", "parquet"],
  );
});

test("an unknown option is named together with the nearest allowed one", () => {
  assert.throws(() => csv("a", { delimeter: ";" } as never), {
    code: "project/unknown-option",
    message: 'csv() has no option "delimeter"',
    hint: /Did you mean "delimiter"/,
  });
  assert.throws(() => ndjson("a", { header: true } as never), { code: "project/unknown-option" });
});

test("a wrong value is refused with what is allowed", () => {
  const wrong: (() => unknown)[] = [
    () => csv("a", { compression: "gzipp" as never }),
    () => csv("a", { header: "yes" as never }),
    () => csv("a", { delimiter: ";;" }),
    () => csv("a", { delimiter: "é" }),
    () => csv("a", { quote: "," }),
    () => csv("a", { nulls: "NA" as never }),
    () => csv("a", { header: false }),
    () => csv("a", { names: ["a"] }),
    () => csv("a", { header: false, names: ["a", "a"] }),
    () => csv("a", { encoding: "utf8" as never }),
    () => xlsx("a", { header: 0 }),
    () => xlsx("a", { sheet: "" }),
    () => csv("a", "settle" as never),
  ];
  for (const make of wrong)
    assert.throws(make, { code: "project/bad-option", hint: /./ }, String(make));
  assert.throws(() => csv("a", { compression: "gzipp" as never }), {
    hint: /did you mean "gzip"\?/,
  });
  assert.throws(() => csv("a", { settle: "10s" as never }), { code: "duration/unreadable" });
  assert.throws(() => jsonFile("a", { records: "items[*]" }), { code: "source/bad-records-path" });
});

test("a path may come from a parameter and must be there", () => {
  assert.equal(
    csv({ kind: "secret", from: "environment", name: "INBOX" }).path instanceof Object,
    true,
  );
  for (const path of ["", "  ", undefined, 3]) {
    assert.throws(() => csv(path as never), { code: "source/bad-path" });
  }
});
