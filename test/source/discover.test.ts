/** Finding files: paths, patterns, and what cannot be read. */

import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { listFiles } from "../../src/source/discover.ts";

let root = "";

before(async () => {
  root = await mkdtemp(join(tmpdir(), "discover-"));
  await mkdir(join(root, "inbox", "deep", ".git"), { recursive: true });
  const names = [
    "b.csv",
    "a.csv",
    "c [1].csv",
    "d.csv.tmp",
    ".e.csv",
    "~$f.csv",
    "g.csv.part",
    "h.CSV",
  ];
  for (const name of names) await writeFile(join(root, "inbox", name), name);
  await writeFile(join(root, "inbox", "deep", "i.csv"), "i");
  await writeFile(join(root, "inbox", "deep", ".git", "j.csv"), "j");
  await symlink(join(root, "nowhere"), join(root, "inbox", "broken.csv"));
});

after(() => rm(root, { recursive: true }));

test("a pattern gives files sorted by name, without hidden and unfinished ones, and reports broken links", async () => {
  const { files, problems } = await listFiles("inbox/*.csv", root);
  assert.deepEqual(
    files.map((file) => file.name),
    ["inbox/a.csv", "inbox/b.csv", "inbox/c [1].csv"],
  );
  assert.deepEqual(
    problems.map(({ name, message }) => [name, message]),
    [["inbox/broken.csv", "is a link to a file that is not there"]],
  );
});

test("a pattern may go deep, choose characters and choose words", async () => {
  const names = async (pattern: string) =>
    (await listFiles(pattern, root)).files.map((file) => file.name);
  assert.deepEqual(await names("inbox/**/i.csv"), ["inbox/deep/i.csv"]);
  assert.deepEqual(await names("**/[ij].csv"), ["inbox/deep/i.csv"]);
  assert.deepEqual(await names("inbox/{a,b,z}.csv"), ["inbox/a.csv", "inbox/b.csv"]);
  assert.deepEqual(await names("inbox/?.csv"), ["inbox/a.csv", "inbox/b.csv"]);
  assert.deepEqual(await names("inbox/none-*.csv"), []);
});

test("a pattern in a folder that does not exist says so, and one in an empty folder does not", async () => {
  assert.deepEqual((await listFiles("inbxo/deep/*.csv", root)).problems, [
    {
      name: "inbxo/deep",
      path: join(root, "inbxo/deep"),
      message: "is a folder that does not exist",
    },
  ]);
  assert.deepEqual((await listFiles("inbox/none-*.csv", root)).problems, []);
  assert.deepEqual((await listFiles("*.parquet", root)).problems, []);
});

test("a file that is called like a pattern of stars hides no other", async (t) => {
  await writeFile(join(root, "inbox", "*.csv"), "");
  t.after(() => rm(join(root, "inbox", "*.csv")));
  const { files } = await listFiles("inbox/*.csv", root);
  assert.ok(files.some(({ name }) => name === "inbox/a.csv"));
  assert.ok(files.some(({ name }) => name === "inbox/*.csv"));
});

test("a path that exists as written is no pattern for its brackets alone", async () => {
  const { files } = await listFiles("inbox/c [1].csv", root);
  assert.deepEqual(
    files.map((file) => file.name),
    ["inbox/c [1].csv"],
  );
});

test("a file says its size, time and inode, and its absolute name when it is outside the project", async () => {
  const [file] = (await listFiles(join(root, "inbox", "a.csv"), join(root, "inbox", "deep"))).files;
  assert.ok(file);
  assert.equal(file.name, join(root, "inbox", "a.csv"));
  assert.equal(file.sizeBytes, 5);
  assert.ok(file.inode > 0n && file.modifiedMs > 0);
});

test("a path that names nothing is an error with the nearest name", async () => {
  await assert.rejects(listFiles("inbox/aa.csv", root), {
    code: "source/not-found",
    hint: /"a\.csv"/,
  });
  await assert.rejects(listFiles("outbox/a.csv", root), {
    code: "source/not-found",
    hint: /does not exist/,
  });
});

test("a folder and a broken link named as paths are problems", async () => {
  const folder = await listFiles("inbox", root);
  assert.match(folder.problems[0]?.message ?? "", /is a folder.*inbox\/\*/);
  const link = await listFiles("inbox/broken.csv", root);
  assert.match(link.problems[0]?.message ?? "", /not there/);
});
