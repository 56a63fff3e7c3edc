/** Outputs are made again when what they show has changed, or the file is not as it was made. */

import assert from "node:assert/strict";
import {
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  type Asset,
  chart,
  csv,
  files,
  ingest,
  integer,
  param,
  picture,
  publish,
  sql,
  text,
  transform,
} from "../../src/index.ts";
import { openSandbox, type Sandbox, stepOf } from "../run/sandbox.ts";

const shops = ingest("bronze.shops", {
  from: csv("shops.csv"),
  columns: { shop: text(), sales: integer() },
  write: "overwrite",
});
const least = param("least", { default: 0 });
const list = publish(shops, files("out", { format: "csv", name: "list" }), {
  columns: { sales: "Sales (€)", shop: "Shop" },
  where: sql`sales > ${least}`,
  orderBy: sql`sales desc, shop`,
});
const LIST = "publish bronze.shops to out/list.csv";
const drawn = picture(
  "sales",
  chart.bar({ from: sql`from ${shops} order by shop`, x: "shop", y: "sales" }),
  {
    folder: "out",
  },
);
const DRAWN = "picture out/sales.png";
const ALL = [shops, list, drawn];

function withShops(sandbox: Sandbox, rows: string, age = 0): void {
  sandbox.write("shops.csv", `shop,sales\n${rows}`, age);
}

/** What a run did with a step, after its plan had said why. */
async function made(sandbox: Sandbox, name: string, params = {}): Promise<string> {
  const plan = stepOf(await sandbox.plan(ALL, { params }), name);
  const { state } = stepOf(await sandbox.run(ALL, { params }), name);
  assert.equal(state, plan.action === "nothing" ? "up to date" : "done");
  return plan.because;
}

test("a table is written with its titles, order and filter", async (t) => {
  const sandbox = openSandbox(t);
  withShops(sandbox, "b,2\na,2\nc,30\nd,0\n");
  const result = await sandbox.run(ALL);
  assert.equal(result.state, "done", JSON.stringify(result.steps));
  const path = join(sandbox.folder, "out", "list.csv");
  assert.deepEqual(stepOf(result, LIST).outputs, [path]);
  assert.equal(readFileSync(path, "utf8"), "Sales (€),Shop\n30,c\n2,a\n2,b\n");
  assert.equal(
    readFileSync(join(sandbox.folder, "out", "sales.png")).toString("latin1", 1, 4),
    "PNG",
  );
  assert.deepEqual(readdirSync(join(sandbox.folder, "out")), ["list.csv", "sales.png"]);
});

test("an output is made again for a new version, a definition, a parameter, and for nothing else", async (t) => {
  const sandbox = openSandbox(t);
  withShops(sandbox, "a,1\nb,2\n");
  assert.equal(await made(sandbox, LIST), "bronze.shops is not there yet");
  assert.equal(await made(sandbox, LIST), "");
  assert.equal(await made(sandbox, DRAWN), "");
  assert.equal(await made(sandbox, LIST, { least: "1" }), "its definition or a parameter changed");
  assert.equal(readFileSync(join(sandbox.folder, "out/list.csv"), "utf8"), "Sales (€),Shop\n2,b\n");
  assert.equal(await made(sandbox, LIST, { least: "1" }), "");
  assert.equal(await made(sandbox, LIST), "the file was changed by somebody else");
  assert.equal(
    readFileSync(join(sandbox.folder, "out/list.csv"), "utf8"),
    "Sales (€),Shop\n2,b\n1,a\n",
  );
  withShops(sandbox, "a,1\nb,3\n", -1000);
  assert.equal(await made(sandbox, LIST), "bronze.shops will change");
  assert.equal(await made(sandbox, DRAWN), "");
});

test("a file that is gone or was changed by hand is made again, one that was copied back is not", async (t) => {
  const sandbox = openSandbox(t);
  withShops(sandbox, "a,1\nb,2\n");
  await sandbox.run(ALL);
  const path = join(sandbox.folder, "out", "list.csv");
  const right = readFileSync(path, "utf8");
  const { mtime } = statSync(path);
  rmSync(path);
  assert.equal(await made(sandbox, LIST), "the file is gone");
  writeFileSync(path, right.replace("2", "3"));
  assert.equal(await made(sandbox, LIST), "the file was changed by somebody else");
  assert.equal(readFileSync(path, "utf8"), right);
  writeFileSync(path, right);
  utimesSync(path, mtime, new Date(Date.now() + 5000));
  assert.equal(await made(sandbox, LIST), "");
});

test("a clock that jumps back leaves outputs and files as fresh as they are", async (t) => {
  const sandbox = openSandbox(t);
  let hours = 10;
  const clock = {
    now: () => new Date(Date.UTC(2024, 0, 1, hours)),
    sleep: async () => {},
  };
  withShops(sandbox, "a,1\n");
  await sandbox.run(ALL, { clock });
  hours = 2;
  withShops(sandbox, "a,2\n", -1000);
  assert.equal((await sandbox.run(ALL, { clock })).state, "done");
  assert.equal(readFileSync(join(sandbox.folder, "out/list.csv"), "utf8"), "Sales (€),Shop\n2,a\n");
  assert.equal((await sandbox.run(ALL, { clock })).state, "nothing to do");
  assert.deepEqual(await sandbox.rows("bronze.shops"), [{ shop: "a", sales: 2 }]);
});

test("a quarantine is published, also while nothing has been turned away", async (t) => {
  const sandbox = openSandbox(t);
  withShops(sandbox, "a,1\n");
  const out = publish(shops.quarantine, files("out", { format: "ndjson" }), {
    columns: ["file", "line"],
    orderBy: sql`line`,
  });
  assert.equal((await sandbox.run([shops, out])).state, "done");
  const path = join(sandbox.folder, "out", "shops.ndjson");
  assert.equal(readFileSync(path, "utf8"), "");
  withShops(sandbox, "a,x\nb,2\n", -1000);
  await sandbox.run([shops, out]);
  assert.equal(readFileSync(path, "utf8"), '{"file":"shops.csv","line":2}\n');
});

test("what is wrong with an output is found by the plan", async (t) => {
  const sandbox = openSandbox(t);
  withShops(sandbox, "a,1\n");
  const to = files("out", { format: "csv" });
  const wrong: readonly (readonly [Asset, string, RegExp])[] = [
    [publish(shops, to, { columns: ["shopp" as "shop"] }), "warehouse/unknown-column", /"shopp"/],
    [
      publish(shops, to, { where: sql`sale > 1` }),
      "publish/sql",
      /where of .* fails at .*output\.test\.ts:\d+/,
    ],
    [publish(shops, to, { orderBy: sql`sales descc` }), "publish/sql", /orderBy of .* fails at /],
    [
      picture("p", chart.bar({ from: sql`select shp from ${shops}`, x: "shp", y: "shp" }), {
        folder: "out",
      }),
      "publish/sql",
      /picture out\/p\.png fails at /,
    ],
  ];
  for (const [asset, code, message] of wrong) {
    await assert.rejects(sandbox.plan([shops, asset]), { code, message });
  }
});

test("an output whose folder is a file fails alone, and the table stands", async (t) => {
  const sandbox = openSandbox(t);
  withShops(sandbox, "a,1\n");
  sandbox.write("out", "a file");
  const copy = transform("gold.copy", sql`from ${shops}`);
  const result = await sandbox.run([...ALL, copy]);
  assert.equal(result.state, "failed");
  assert.equal(stepOf(result, "gold.copy").state, "done");
  for (const name of [LIST, DRAWN]) {
    const { state, error } = stepOf(result, name);
    assert.equal(state, "failed");
    assert.notEqual(error?.code, "bug");
    assert.match(error?.message ?? "", /out/);
  }
  rmSync(join(sandbox.folder, "out"));
  assert.equal((await sandbox.run([...ALL, copy])).state, "done");
  assert.ok(existsSync(join(sandbox.folder, "out", "list.csv")));
});
