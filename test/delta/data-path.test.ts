/** Paths of data files between disk and log. */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  decodePath,
  encodePath,
  fileKey,
  inFolder,
  isAbsolutePath,
  partitionFolder,
} from "../../src/delta/data-path.ts";

test("a place is encoded once for the log and decoded once from it", () => {
  for (const place of [
    "a.parquet",
    "k=a b/x",
    "k=100%/x",
    "k=a%2Fb/x",
    "k=ü文🎉/x",
    "k=#?&+;:@/x",
  ]) {
    assert.equal(decodePath(encodePath(place)), place);
  }
  assert.equal(encodePath("k=a%2Fb/x y"), "k=a%252Fb/x%20y");
  assert.equal(decodePath("k=a%252Fb/x"), "k=a%2Fb/x");
});

test("stray percent signs of other writers stand as they are", () => {
  assert.equal(decodePath("100%/a%20b%zz%"), "100%/a b%zz%");
  assert.equal(decodePath("%E6%96%87%FF"), "%E6%96%87%FF");
});

test("every form of an absolute path names one file", () => {
  const keys = ["/a/b%20c", "file:/a/b%20c", "file:///a/b%20c", "/a/b c"].map((path) =>
    fileKey(path, ""),
  );
  assert.equal(new Set(keys).size, 1);
  assert.equal(isAbsolutePath(decodePath("file:///a")), true);
  assert.equal(isAbsolutePath("s3://bucket/a"), true);
  assert.equal(isAbsolutePath("a:b/c"), false);
  assert.notEqual(fileKey("a", ""), fileKey("a", "uabc@1"));
});

test("folders of partitions bear escaped values, and none at all where a value is too long", () => {
  assert.equal(
    partitionFolder([
      ["k", "a/b:c"],
      ["l", null],
      ["m", ""],
    ]),
    "k=a%2Fb%3Ac/l=__HIVE_DEFAULT_PARTITION__/m=__HIVE_DEFAULT_PARTITION__",
  );
  assert.equal(partitionFolder([["k", "x".repeat(300)]]), "");
  assert.equal(partitionFolder([]), "");
  assert.equal(inFolder("", "x"), "x");
  assert.equal(inFolder("a/b/", "x"), "a/b/x");
});
