/** A secret is hidden wherever it stands, in whatever writing, and nothing else is. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { hideSecrets } from "../../src/base/secret.ts";

test("each occurrence of a secret within a longer text is hidden", () => {
  assert.equal(
    hideSecrets("s3://k/hush77/in/a.csv, hush77x, ahush77hush77", ["hush77"]),
    "s3://k/***/in/a.csv, ***x, a******",
  );
});

test("a secret is hidden as SQL, JSON and URLs write it", () => {
  const secret = 'it\'s "q" é/ü 100% \\ +$.*(';
  const texts = [
    secret,
    secret.replaceAll("'", "''"),
    secret.replaceAll('"', '""'),
    JSON.stringify(secret).slice(1, -1),
    JSON.stringify(secret.replaceAll("'", "''")).slice(1, -1),
    encodeURI(secret),
    encodeURIComponent(secret),
    encodeURIComponent(secret).replace(/%../g, (code) => code.toLowerCase()),
    encodeURIComponent(secret).replaceAll("%20", "+"),
    new URLSearchParams({ secret }).toString().slice("secret=".length),
    new URL(`http://host/${encodeURIComponent(secret)}`).pathname.slice(1),
  ];
  for (const text of texts) {
    assert.equal(hideSecrets(`<${text}>`, [secret]), "<***>", text);
  }
});

test("a short secret is hidden where it stands alone, and does not blot out words", () => {
  assert.equal(
    hideSecrets("pin=ab, table 'ab', s3://ab@host, cab, abc", ["ab"]),
    "pin=***, table '***', s3://***@host, cab, abc",
  );
});

test("an empty secret hides nothing, and no secret is a pattern", () => {
  assert.equal(hideSecrets("a.b", [""]), "a.b");
  assert.equal(hideSecrets("axbycz", ["a.b.c."]), "axbycz");
});

test("of two secrets of which one is part of the other both are hidden", () => {
  assert.equal(hideSecrets("token-one token", ["token", "token-one"]), "*** ***");
});

test("the folder before a wildcard and the password of a URL are hidden by themselves", () => {
  const pattern = "./hush-hush/in/*.csv";
  assert.equal(
    hideSecrets("cannot read /home/me/hush-hush/in/b.csv", [pattern]),
    "cannot read /home/me/***/b.csv",
  );
  assert.equal(hideSecrets("no folder data", ["data/*.csv"]), "no folder data");
  assert.equal(hideSecrets("/mnt/hush-hush", ["hush-hush/"]), "/mnt/***");
  const url = "postgres://ann:pa%3A55@db.example:5432/shop";
  assert.equal(
    hideSecrets("password pa:55 of ann is wrong", [url]),
    "password *** of ann is wrong",
  );
  assert.equal(hideSecrets(`could not open ${url}`, [url]), "could not open ***");
});
