/** Secrets are used and never written down: not in the lake, not in errors, not in notes. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  csv,
  env,
  file,
  files,
  ingest,
  integer,
  param,
  publish,
  sql,
  text,
  transform,
} from "../../src/index.ts";
import { openSandbox, type Sandbox } from "../run/sandbox.ts";

const SECRETS = ["hush-hush-folder", 'it\'s "q" 7', "pa55-w0rd-in-a-file"] as const;
const [FOLDER, PASSWORD, IN_FILE] = SECRETS;

/** Files of the lake in which one of the texts stands. */
function filesWith({ lakePath }: Sandbox, secrets: readonly string[]): string[] {
  return readdirSync(lakePath, { recursive: true, encoding: "utf8" })
    .filter((name) => statSync(join(lakePath, name)).isFile())
    .filter((name) => {
      const bytes = readFileSync(join(lakePath, name));
      return secrets.some((secret) => bytes.includes(secret));
    });
}

test("a secret parameter decides about rows and is written nowhere", async (t) => {
  const sandbox = openSandbox(t);
  sandbox.write("a.csv", "id,name\n1,ann\n2,bob\n");
  const password = param("password", { default: "" });
  const people = ingest("bronze.people", {
    from: csv("a.csv"),
    columns: { id: integer(), name: text() },
    rules: { "is known": sql`length(${password}) > id` },
  });
  const some = transform("gold.some", sql`select id from ${people} where name <> ${password}`);
  const given = { params: { password: PASSWORD } };
  assert.equal((await sandbox.run([people, some], given)).state, "done");
  assert.deepEqual(filesWith(sandbox, [PASSWORD, "it''s"]), []);
  assert.equal((await sandbox.plan([people, some], given)).params[0]?.value, "***");
  const bad = transform(
    "gold.bad",
    sql`select cast(${password} || name as integer) as n from ${people}`,
  );
  const result = await sandbox.run([people, some, bad], given);
  assert.equal(result.state, "failed");
  for (const secret of [PASSWORD, "it''s", 'q\\"']) {
    assert.equal(JSON.stringify(result).includes(JSON.stringify(secret).slice(1, -1)), false);
  }
  assert.deepEqual(filesWith(sandbox, [PASSWORD, "it''s"]), []);
});

test("a folder from the environment is read and written, and its name stays outside the lake", async (t) => {
  const sandbox = openSandbox(t);
  sandbox.write(`${FOLDER}/in/a.csv`, "id\n1\nx\n");
  sandbox.write("token.txt", `${IN_FILE}/b.csv\n`);
  sandbox.write(`${IN_FILE}/b.csv`, "id\n2\n");
  const environment = { INBOX: `${FOLDER}/in/*.csv`, OUT: `${FOLDER}/out` };
  const a = ingest("bronze.a", { from: csv(env("INBOX")), columns: { id: integer() } });
  const out = publish(a, files(env("OUT"), { format: "csv" }));
  const result = await sandbox.run([a, out], { environment });
  assert.equal(result.state, "done", JSON.stringify(result.steps));
  assert.equal(readFileSync(join(sandbox.folder, FOLDER, "out", "a.csv"), "utf8"), "id\n1\n");
  assert.deepEqual(filesWith(sandbox, [FOLDER]), []);
  assert.equal((await sandbox.run([a, out], { environment })).state, "nothing to do");
  await assert.rejects(sandbox.plan([a, out]), {
    code: "project/no-secret",
    message: /INBOX is not set/,
  });
  const b = ingest("bronze.b", { from: csv(file("token.txt")), columns: { id: integer() } });
  assert.equal((await sandbox.run([b])).state, "done");
  assert.deepEqual(await sandbox.rows("bronze.b"), [{ id: 2 }]);
  assert.deepEqual(filesWith(sandbox, [FOLDER, IN_FILE]), []);
});
