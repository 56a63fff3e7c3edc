/** Tests of what `npm start` ends with: the table over all systems, failures with their hints, the outputs. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseRunReport } from "../../scripts/run-report.ts";
import { renderStart } from "../../scripts/start-report.ts";

const LEDGER = { read: 1200, written: 1100, quarantined: 90, deduplicated: 7, filtered: 3 };

function system(name: string, report: object) {
  const document = JSON.stringify({ project: name, steps: [], ...report });
  return { system: name, report: parseRunReport(document), timeMs: 1234 };
}

test("the table has one row per system, its ledger that of the rows which came in", () => {
  const orders = {
    asset: "bronze.orders",
    kind: "ingest",
    state: "done",
    version: 1,
    time_ms: 800,
    ledger: LEDGER,
  };
  const daily = {
    ...orders,
    asset: "gold.daily",
    kind: "transform",
    ledger: { read: 1100, written: 31 },
  };
  const out = { asset: "out/daily", kind: "publish", state: "done", outputs: ["out/daily.csv"] };
  const runs = [
    system("shop", { state: "done", steps: [orders, orders, daily, out] }),
    system("cars", { state: "nothing to do" }),
  ];
  assert.equal(
    renderStart(runs, "lake"),
    `
System   Read  Written  Quarantined  Deduplicated  Filtered   Time  State
------  -----  -------  -----------  ------------  --------  -----  ------------------
shop    2,400    2,200          180            14         6  1.2 s  done
cars        0        0            0             0         0  1.2 s  already up to date

System  Output
------  -------------
shop    out/daily.csv

The tables lie in lake/.
`,
  );
});

test("a second start, with nothing to do, says so", () => {
  const text = renderStart([system("shop", { state: "nothing to do" })], "lake");
  assert.match(text, /\nEverything is already up to date: nothing was read or written\.\n$/);
});

test("what failed is told with its hint below the table", () => {
  const error = {
    code: "source/missing",
    message: "inbox/ is not there",
    hint: "Make the folder.",
  };
  const steps = [{ asset: "bronze.orders", kind: "ingest", state: "failed", error }];
  const text = renderStart([system("shop", { state: "failed", steps })], "lake");
  assert.match(text, /\nshop, bronze\.orders: inbox\/ is not there\n {2}Make the folder\.\n/);
});

test("counts beyond 2^53 are exact where the report gives them as text", () => {
  const ledger = { ...LEDGER, read: "9007199254740993" };
  const steps = [{ asset: "bronze.orders", kind: "ingest", state: "done", ledger }];
  const text = renderStart([system("shop", { state: "done", steps })], "lake");
  assert.match(text, /9,007,199,254,740,993/);
});

test("a document that is no report is refused with its beginning", () => {
  assert.throws(
    () => parseRunReport("Segmentation fault"),
    /no report of a run: Segmentation fault/,
  );
  assert.throws(() => parseRunReport("[]"), /no report of a run: \[\]/);
});
