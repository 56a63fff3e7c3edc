/** Names of tables and the folders in which they lie. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { checkTableName, folderOf, nameOfFolder, quarantineOf } from "../../src/schema/table.ts";

test("a name of any script has a folder, and the folder gives the name back", () => {
  for (const name of [
    "bronze.orders",
    "Größe.日本",
    "a b.c-d_e",
    "x.100%",
    "x.a/b",
    "x.*",
    "x.'q'",
    'x."',
    "x.a:b",
    "x.😀",
    "x.~41",
  ]) {
    checkTableName(name, "A table");
    const folder = folderOf(name);
    assert.match(folder, /^[^/]+\/[^/]+$/);
    assert.doesNotMatch(folder, /[*?<>|:"'\\%]/);
    assert.equal(nameOfFolder(folder), name);
    assert.equal(nameOfFolder(folderOf(quarantineOf(name))), quarantineOf(name));
  }
});

test("a folder that no name has is no table of ours", () => {
  for (const folder of ["bronze", "a/b/c", "a/", "a/b%20c", "a/~41", "a/~2", "a/~FF", "a/~7e"]) {
    assert.equal(nameOfFolder(folder), undefined, folder);
  }
});

test("different names never share a folder", () => {
  const names = ["a.b", "a.B", "a.b%2E", "a.%62", "a.b ", "a.b+", "quarantine.a.b", "a.b~2E"];
  assert.equal(new Set(names.map(folderOf)).size, names.length);
});

test("a name that is no schema and table, or is not for people, is refused", () => {
  for (const name of [
    "orders",
    "a.b.c",
    ".b",
    "a.",
    "a. b",
    " a.b",
    "a.b\n",
    "",
    `a.${"x".repeat(181)}`,
    "system.runs",
    "Quarantine.x",
    `a.${"é".repeat(91)}${"😀".repeat(30)}`,
  ]) {
    assert.throws(() => checkTableName(name, "A table"), { code: "project/bad-name" }, name);
  }
  assert.throws(() => checkTableName(1 as unknown as string, "A table"), {
    code: "project/bad-name",
  });
});
