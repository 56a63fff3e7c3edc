/** The example memberships with its lake in the object store, through the command and the environment alone. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { documentOf, millrace } from "../../test/cli/command.ts";
import { type Example, ledgerOf, openExample } from "../../test/examples/command.ts";
import { openPlace, type Place } from "./place.ts";

let place: Place;
let inStore: Example;
let onDisk: Example;

before(async () => {
  place = openPlace();
  process.env.MILLRACE_CACHE = place.cacheFolder;
  inStore = await openExample("memberships", ["accepted", "rejected"], place.uri);
  onDisk = await openExample("memberships", ["accepted", "rejected"]);
});

after(async () => {
  await inStore.close();
  await onDisk.close();
  await place.close();
});

test("a run with the lake in the object store has the numbers of one with the lake on a disk", async () => {
  const [there, here] = [await inStore.run(), await onDisk.run()];
  assert.equal(there.state, "done");
  assert.deepEqual(
    there.steps.map(({ asset, state, ledger }) => ({ asset, state, ledger })),
    here.steps.map(({ asset, state, ledger }) => ({ asset, state, ledger })),
  );
  assert.deepEqual(ledgerOf(there, "bronze.applications"), {
    read: 103,
    written: 44,
    quarantined: 58,
    deduplicated: 1,
    filtered: 0,
  });
  for (const name of ["accepted/members.csv", "rejected/rejected.csv"])
    assert.equal(
      readFileSync(join(inStore.folder, name), "utf8"),
      readFileSync(join(onDisk.folder, name), "utf8"),
    );
});

test("another run has nothing to do, and queries give the same rows", async () => {
  assert.equal((await inStore.run()).state, "nothing to do");
  const statement = "select * from silver.members order by all";
  assert.deepEqual(await inStore.query(statement), await onDisk.query(statement));
});

test("a table in the object store is read by its address without a project", async () => {
  const address = `${place.uri}/silver/members`;
  const asked = await millrace([
    "query",
    `select count(*) as n from delta_scan('${address}')`,
    "--json",
  ]);
  assert.deepEqual(documentOf(asked.out), [{ n: 44 }]);
});
