/** Secrets in texts that a quarantine keeps: what goes, and that all else stays as it was. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { csv, jsonFile, ndjson, parquet } from "../../src/index.ts";
import { redactLine } from "../../src/ingest/csv-line.ts";
import { redactJson, secretsOf } from "../../src/ingest/redact.ts";
import { redactStart } from "../../src/ingest/redact-entry.ts";

const SECRETS = secretsOf(["apikey", "Token"]);

test("the value of a secret field goes, whatever it is, and every other character stays", () => {
  const cases = {
    '{"id": 1,\t"apikey" : "s3cret" , "n":1.50}': '{"id": 1,\t"apikey" : "***" , "n":1.50}',
    '{"apikey":{"a":["s3cret","}"],"b":"]"},"n":"\\u00e9"}': '{"apikey":"***","n":"\\u00e9"}',
    '{"apikey":["s3cret",{"x":1}],"n":1e400}': '{"apikey":"***","n":1e400}',
    '{"ApiKey":12,"TOKEN":-1.5e3,"token":null}': '{"ApiKey":"***","TOKEN":"***","token":"***"}',
    '{"api\\u006bey":"s3cret"}': '{"api\\u006bey":"***"}',
    '{"a":[[{"token":true}]],"note":"apikey: no field"}':
      '{"a":[[{"token":"***"}]],"note":"apikey: no field"}',
    '{"apikey":"s3\\"cr,et\\\\","n":"s"}': '{"apikey":"***","n":"s"}',
    '{"inner":"{\\"token\\":\\"s3cret\\",\\"n\\":1}"}':
      '{"inner":"{\\"token\\":\\"***\\",\\"n\\":1}"}',
    '{"a":1}\n{"token":"s3cret"}\n': '{"a":1}\n{"token":"***"}\n',
    '[1,{"token":2},]': '[1,{"token":"***"},]',
    '{"a":{},"b":[],"c":""}': '{"a":{},"b":[],"c":""}',
    "": "",
  };
  for (const [text, redacted] of Object.entries(cases))
    assert.equal(redactJson(text, SECRETS), redacted);
});

test("a cut-off text keeps nothing of a secret, wherever it is cut", () => {
  const text =
    '{"id":1,"a":{"apikey":"s3cret"},"api\\u006bey":{"x":["s3cret"]},"in":"{\\"token\\":\\"s3cret\\"}","n":1}';
  for (let end = 0; end <= text.length; end += 1) {
    const redacted = redactJson(text.slice(0, end), SECRETS);
    assert.ok(!/s3|cret/.test(redacted), redacted);
    assert.ok(redacted.startsWith(text.slice(0, Math.min(end, 17))), redacted);
  }
});

test("from where a text is no JSON, nothing behind a secret name is kept", () => {
  const cases = {
    '{"note": "say "hi", "apikey": "s3cret"}': '{"note": "say "hi", "***',
    '{"apikey": "s3"cret"}': '{"apikey": "***"***',
    "{'apikey': 's3cret'}": "{'***",
    "{apikey: s3cret}": "{***",
    '{"a" 1, "TOKEN": "s3cret"}': '{"a" 1, "***',
    '{"a" 1, "to\\u006Ben": "s3cret"}': '{"a" 1, "***',
    "a\ufffdp\ufffdi\ufffdk\ufffde\ufffdy\ufffds3cret": "***",
    "nothing of the kind": "nothing of the kind",
  };
  for (const [text, redacted] of Object.entries(cases))
    assert.equal(redactJson(text, SECRETS), redacted);
});

test("no text of any form keeps a secret behind its name", () => {
  const pieces = ['"', "{", "}", "[", "]", ":", ",", "\\", '"apikey"', '"n"', "1", " ", "x"];
  let seed = 7;
  const next = (below: number): number => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return Math.floor((seed / 2147483648) * below);
  };
  for (let round = 0; round < 20_000; round += 1) {
    const before = Array.from({ length: next(6) }, () => pieces[next(pieces.length)]).join("");
    const after = Array.from({ length: next(6) }, () => pieces[next(pieces.length)]).join("");
    const text = `${before}{"apikey":"s3cret"}${after}`;
    const redacted = redactJson(text, SECRETS);
    assert.ok(!redacted.includes("s3cret"), `${text} became ${redacted}`);
  }
});

test("a broken CSV line loses the field of a secret column, and all that it may have moved to", () => {
  const names = ["id", "apikey", "name"];
  const dialect = { delimiter: ",", quote: '"' };
  const redact = (line: string, rule = "fields"): string =>
    redactLine(line, rule, names, dialect, SECRETS);
  assert.equal(redact('1,"s3,c""ret", bob', "encoding"), "1,***, bob");
  assert.equal(redact("1,s3,cret,bob"), "1,***");
  assert.equal(redact("s3cret,bob"), "***");
  assert.equal(redact("1"), "***");
  assert.equal(redact('1,"s3cret', "quote"), "***");
  assert.equal(redact('rest of s3cret",bob', "quote"), "***");
  assert.equal(redact("2,s3cret,ann", "quote"), "2,***,ann");
  assert.equal(redactLine("1,2", "fields", ["id", "name", "x"], dialect, SECRETS), "1,2");
});

test("the start of a refused file keeps no secret", () => {
  const lines = 'id,"ApiKey",x\r\n1,s3cret,a\r\n2,"s3';
  assert.equal(redactStart(lines, csv("x"), SECRETS), 'id,"ApiKey",x\r\n1,***,a\r\n***');
  assert.equal(redactStart("id;apikey\n1;s3cret\n", csv("x"), SECRETS), "id;apikey\n***");
  assert.equal(redactStart("id,n\n1,a\n", csv("x"), SECRETS), "id,n\n1,a\n");
  const bare = csv("x", { header: false, names: ["id", "token"] });
  assert.equal(redactStart("1,s3cret\n2,s3cret", bare, SECRETS), "1,***\n2,***");
  const json = '[{"id":1,"token":"s3cr';
  assert.equal(redactStart(json, jsonFile("x"), SECRETS), '[{"id":1,"token":"***"');
  assert.equal(redactStart(json, ndjson("x"), SECRETS), '[{"id":1,"token":"***"');
  assert.equal(redactStart("PAR1 s3cret", parquet("x"), SECRETS), "***");
});
