/** The linter on tables that other writers made: it finds in them only what is known to be odd, so it asks for nothing that nobody does. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createDuckDB } from "../../src/engine/duckdb.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { localStorage } from "../../src/storage/local.ts";
import { CONFORMANCE, listCases } from "../conformance/case.ts";
import { lintTable } from "./lint.ts";

/** Times are cut to the millisecond by most writers, the largest one too; our reader allows for it. */
const USUAL = [/ lies beyond maxValues \d{4}-.*\.\d{3}(?:Z|[+-]\d\d:\d\d)?$/];

/** What is odd in a case; each of its findings must be of these. */
const ODD: Readonly<Record<string, readonly RegExp[]>> = {
  "dat/no_stats": [
    /^checkpoint 2: the statistics of .* is undefined where replay has {"numRecords":5}$/,
  ],
  "golden/deltalog-getChanges": [/^commit 1: fake\/path\/2 is no place for changes$/],
  // Statistics of 32-bit values in a column that is wider now; our reader allows for them.
  "golden/type-widening": [/float_double lies beyond maxValues 3\.4$/],
  "kernel-rs/type-widening": [/float_double lies beyond maxValues 3\.4$/],
  // Made in a test mode that puts a prefix in front of every file's name.
  "kernel-rs/cdf-table-simple": [/test%25file%25prefix-.* is no place for changes$/],
  "kernel-rs/cdf-table-update-ops": [/test%25file%25prefix-.* is no place for changes$/],
  "spark/delta-0.1.0": [/^commit [13]: the remove of .* has no time$/],
};

const cases = listCases().filter(({ expect }) => ["rows", "log-only"].includes(expect.kind));

let engine: Engine;
before(async () => {
  engine = await createDuckDB();
});
after(() => engine.close());

test("the tables of other writers are clean but for what is named here", async (context) => {
  if (cases.length === 0) return context.diagnostic(`no cases in ${CONFORMANCE}`);
  const found: Record<string, string[]> = {};
  for (const { name, folder, expect } of cases) {
    const known = [
      ...USUAL,
      ...(ODD[name] ?? []),
      ...(expect.kind === "log-only" ? [/^file .*: it is gone$/] : []),
    ];
    const findings = await lintTable(localStorage(folder), "delta", engine);
    const odd = findings.filter((one) => !known.some((pattern) => pattern.test(one)));
    if (odd.length > 0) found[name] = odd;
  }
  assert.deepEqual(found, {});
});
