/** Every shared conformance case, one test each. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { MillraceError } from "../../src/base/error.ts";
import type { DeltaContext } from "../../src/delta/table.ts";
import { openSnapshot, scan } from "../../src/delta/table.ts";
import { createDuckDB } from "../../src/engine/duckdb.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { localStorage } from "../../src/storage/local.ts";
import { type Case, CONFORMANCE, expectedVersions, listCases } from "./case.ts";
import { assertSameRows } from "./content.ts";
import { WAITING } from "./waiting.ts";

/** What the refusal must name. */
const REASONS: Readonly<Record<string, RegExp>> = {
  "delta-rs/table_d": /catalogOwned/,
  "golden/deltalog-invalid-protocol-version": /reader version 99/,
  "golden/deltalog-state-reconstruction-from-checkpoint-missing-protocol": /no protocol/,
  "golden/deltalog-state-reconstruction-without-metadata": /no metaData/,
  "golden/versions-not-contiguous": /lacks commit 1\b/,
  "kernel-java/catalog-owned-preview": /catalogManaged/,
  "spark/variant-stats-no-checkpoint": /variantType/,
};

/** Columns whose expected values are known to be wrong where they were written. */
const EXCEPT: Readonly<Record<string, readonly string[]>> = {
  "golden/data-reader-partition-values": ["as_timestamp"],
};

/** Older versions whose deletion vector is not Z85: the counting reader let a digit overflow, we refuse. */
const DAMAGED: Readonly<Record<string, string>> = { "kernel-rs/cdf-table-with-dv": "5" };

const cases = listCases();

if (cases.length === 0) {
  test("the conformance cases are not on this machine, so none is run", (context) => {
    context.diagnostic(`no cases in ${CONFORMANCE}`);
  });
} else {
  let engine: Engine;
  before(async () => {
    engine = await createDuckDB();
  });
  after(() => engine.close());

  for (const item of cases) {
    const waits = WAITING.includes(item.name);
    test(`${item.name} ${waits ? "is not read right yet" : "is read as its writers mean it"}`, async () => {
      const context: DeltaContext = {
        storage: localStorage(item.folder),
        parquet: engine,
        clock: { now: () => new Date(), sleep: async () => {} },
      };
      if (!waits) return checkCase(context, engine, item);
      await assert.rejects(
        checkCase(context, engine, item),
        `${item.name} passes: take it off the list in waiting.ts`,
      );
    });
  }

  test("only cases that exist are on the waiting list", () => {
    const names = cases.map(({ name }) => name);
    assert.deepEqual(
      WAITING.filter((name) => !names.includes(name)),
      [],
    );
  });
}

async function checkCase(context: DeltaContext, engine: Engine, item: Case): Promise<void> {
  const { expect, derived } = item;
  if (expect.kind === "error" || expect.kind === "rows-or-refuse") {
    await assert.rejects(openSnapshot(context, "delta"), (error) => {
      assert.ok(error instanceof MillraceError, String(error));
      assert.match(error.message, REASONS[item.name] ?? /^$/);
      return true;
    });
    return;
  }
  const snapshot = await openSnapshot(context, "delta");
  assert.ok(snapshot !== undefined);
  assert.equal(snapshot.version, expect.version);
  for (const [appId, version] of Object.entries(derived?.txn ?? {})) {
    assert.equal(snapshot.transactions.get(appId), BigInt(version));
  }
  if (expect.kind === "log-only") {
    assert.equal(snapshot.files.length, activeFiles(item));
    return;
  }
  const except = EXCEPT[item.name] ?? [];
  const table = await scan(context, snapshot);
  await assertSameRows(engine, table, {
    folder: join(item.folder, expect.rowsAt ?? ""),
    except,
  });
  if (snapshot.rows !== undefined) assert.equal(snapshot.rows, BigInt(expect.rows ?? -1));
  await checkOlderVersions(context, engine, item);
}

/** The upstream reader that counted does not take `file:` URIs and bare paths for the same file; the protocol does. */
function activeFiles({ name, expect }: Case): number | undefined {
  return name.startsWith("golden/canonicalized-paths-") ? 0 : expect.activeFiles;
}

async function checkOlderVersions(
  context: DeltaContext,
  engine: Engine,
  item: Case,
): Promise<void> {
  for (const version of expectedVersions(item)) {
    const snapshot = await openSnapshot(context, "delta", { version });
    assert.ok(snapshot !== undefined);
    const folder = join(item.folder, `expected/v${version}/table_content`);
    await assertSameRows(engine, await scan(context, snapshot), { folder });
  }
  for (const [text, { files, rows }] of Object.entries(item.derived?.versions ?? {})) {
    if (files === undefined || DAMAGED[item.name] === text) continue;
    const snapshot = await openSnapshot(context, "delta", { version: Number(text) });
    assert.ok(snapshot !== undefined);
    assert.equal(snapshot.files.length, files, `files of version ${text}`);
    if (snapshot.rows !== undefined && rows !== undefined) {
      assert.equal(snapshot.rows, BigInt(rows), `rows of version ${text}`);
    }
  }
}
