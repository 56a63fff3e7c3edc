/** Sources in a bucket: which objects are read, once each, and again when they are others. */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { gzipSync } from "node:zlib";
import { csv, env, ingest, integer, jsonFile, position, text } from "../../src/index.ts";
import { s3Storage } from "../../src/storage/s3/open.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { type Sandbox, sandboxIn } from "../run/sandbox.ts";
import { ACCESS_KEY, openS3Double, type S3Double, SECRET_KEY } from "../storage/s3-double.ts";

interface Bucket {
  readonly sandbox: Sandbox;
  readonly double: S3Double;
  readonly bucket: Storage;
  put(key: string, content: string | Uint8Array): Promise<void>;
}

/** A project whose lake is on this machine and whose sources are in the bucket `double`. */
async function openBucket(t: TestContext): Promise<Bucket> {
  process.env.AWS_ACCESS_KEY_ID = ACCESS_KEY;
  process.env.AWS_SECRET_ACCESS_KEY = SECRET_KEY;
  const folder = mkdtempSync(join(tmpdir(), "millrace-object-"));
  const double = await openS3Double({ pageKeys: 2 });
  const s3 = { endpoint: double.endpoint, cacheFolder: join(folder, "cache"), firstPauseMs: 1 };
  const bucket = s3Storage({ bucket: double.bucket, prefix: "" }, s3);
  t.after(async () => {
    await bucket.close();
    assert.equal(await double.connections(), 0);
    await double.close();
    rmSync(folder, { recursive: true });
  });
  const put = (key: string, content: string | Uint8Array): Promise<void> =>
    bucket.replace(key, typeof content === "string" ? Buffer.from(content) : content);
  const sandbox = sandboxIn(folder, { lakePath: join(folder, "lake"), s3 });
  return { sandbox, double, bucket, put };
}

const columns = { n: integer(), place: position() };

test("the objects that a pattern means are loaded once each, packed or not", async (t) => {
  const { sandbox, put } = await openBucket(t);
  await put("inbox/a.csv", "n\n1\n2\n");
  await put("inbox/b.csv.gz", gzipSync("n\n3\n"));
  await put("inbox/deep/er/c.csv", "n\n4\n");
  await put("inbox/half.csv.tmp", "n\n5\n");
  await put("inbox/.hidden/d.csv", "n\n6\n");
  await put("inboxes/e.csv", "n\n7\n");
  const rows = ingest("bronze.rows", { from: csv("s3://double/inbox/**/*.csv*"), columns });
  const first = await sandbox.run([rows]);
  assert.equal(first.steps[0]?.ledger.written, 4);
  assert.deepEqual(await sandbox.rows("bronze.rows", "n, place"), [
    { n: 1, place: "s3://double/inbox/a.csv:2" },
    { n: 2, place: "s3://double/inbox/a.csv:3" },
    { n: 3, place: "s3://double/inbox/b.csv.gz:2" },
    { n: 4, place: "s3://double/inbox/deep/er/c.csv:2" },
  ]);
  assert.equal((await sandbox.run([rows])).state, "nothing to do");
});

test("an object that is replaced within the same second and with the same size is another", async (t) => {
  const { sandbox, put } = await openBucket(t);
  const rows = ingest("bronze.rows", {
    from: csv("s3://double/in/*.csv"),
    columns,
    write: "overwrite",
  });
  for (const n of [1, 2, 3]) {
    // Its name would do for a file that is never replaced.
    await put("in/0b7ab2b8-5b1d-4c5e-9d0a-0f6f3f6b9c11.csv", `n\n${n}\n`);
    await sandbox.run([rows]);
    assert.deepEqual(await sandbox.rows("bronze.rows", "n"), [{ n }]);
  }
});

test("an object that is named and not there fails the step by its name", async (t) => {
  const { sandbox, put } = await openBucket(t);
  await put("in/[1].csv", "n\n1\n");
  const there = ingest("bronze.there", { from: csv("s3://double/in/[1].csv"), columns });
  const gone = ingest("bronze.gone", { from: csv("s3://double/in/2.csv"), columns });
  const none = ingest("bronze.none", { from: csv("s3://double/in/*.tsv"), columns });
  const { steps } = await sandbox.run([there, gone, none]);
  assert.deepEqual(
    steps.map(({ asset, state, error, ledger }) => [asset, state, error?.code, ledger.written]),
    [
      ["bronze.there", "done", undefined, 1],
      ["bronze.gone", "failed", "source/not-found", 0],
      ["bronze.none", "done", undefined, 0],
    ],
  );
});

test("documents are read like files, and a secret place stands nowhere in the lake", async (t) => {
  const { sandbox, put } = await openBucket(t);
  await put("very-secret/x/1.json", '[{"name":"ann"},{"name":"bob"}]');
  const names = ingest("bronze.names", {
    from: jsonFile(env("PLACE")),
    columns: { name: text(), place: position() },
  });
  const environment = { PLACE: "s3a://double/very-secret/*/*.json" };
  const { state, steps } = await sandbox.run([names], { environment });
  assert.equal(state, "done", JSON.stringify(steps));
  assert.deepEqual(await sandbox.rows("bronze.names", "name, place"), [
    { name: "ann", place: "environment PLACE/x/1.json $[0]" },
    { name: "bob", place: "environment PLACE/x/1.json $[1]" },
  ]);
  assert.deepEqual(await sandbox.rows("system.loads", "file"), [
    { file: "environment PLACE/x/1.json" },
  ]);
});

test("an object that goes away between its listing and its reading is left for the next run", async (t) => {
  const { sandbox, double, bucket, put } = await openBucket(t);
  await put("in/a.csv", "n\n1\n");
  await put("in/b.csv", "n\n2\n");
  const rows = ingest("bronze.rows", { from: csv("s3://double/in/*.csv"), columns });
  let isGone = false;
  double.breakBy(({ what, key }) => {
    if (what !== "GET" || key !== "in/a.csv" || isGone) return undefined;
    isGone = true;
    void bucket.remove("in/a.csv");
    return "503";
  });
  const { steps } = await sandbox.run([rows]);
  assert.equal(steps[0]?.ledger.written, 1);
  assert.match(steps[0]?.notes?.join() ?? "", /in\/a\.csv went away before it was read/);
});
