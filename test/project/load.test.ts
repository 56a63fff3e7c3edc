/** A project file that cannot be used is told by what is wrong with it and where. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { MillraceError } from "../../src/base/error.ts";
import { openSandbox } from "../run/sandbox.ts";

const HEAD = 'import { csv, defineProject, ingest, text } from "millrace";\n';

const WRONG: readonly (readonly [title: string, file: string, code: string, message: RegExp])[] = [
  [
    "throws",
    `${HEAD}\nthrow new Error("no luck");`,
    "project/throws",
    /millrace\.ts fails when it is read: no luck \(.*millrace\.ts:3\)/,
  ],
  [
    "does not compile",
    `${HEAD}const x: = 3;`,
    "project/syntax",
    /millrace\.ts does not compile: .*\(.*millrace\.ts:2\)/s,
  ],
  [
    "holds TypeScript that cannot be stripped",
    `${HEAD}enum A { B }`,
    "project/syntax",
    /does not compile/,
  ],
  ["exports nothing", HEAD, "project/no-project", /exports nothing as its default/],
  [
    "exports something else",
    "export default { name: 'x' };",
    "project/no-project",
    /exports something else/,
  ],
  ["imports a file that is not there", 'import "./gone.ts";', "project/throws", /gone\.ts/],
  [
    "imports a name that the library lacks",
    'import { ingestt } from "millrace";',
    "project/syntax",
    /ingestt/,
  ],
  [
    "declares a table of a bad name",
    `${HEAD}\ningest("people", { from: csv("a.csv"), columns: { a: text() } });`,
    "project/bad-name",
    /"people".*\(.*millrace\.ts:3\)/,
  ],
  [
    "has a misspelt option",
    `${HEAD}ingest("a.b", { form: csv("a.csv"), columns: { a: text() } });`,
    "project/unknown-option",
    /"form".*\(.*millrace\.ts:2\)/,
  ],
];

for (const [title, file, code, message] of WRONG) {
  test(`a project file that ${title} is refused`, async (t) => {
    const sandbox = openSandbox(t);
    sandbox.write("millrace.ts", file);
    const error: unknown = await sandbox.project().then(String, (thrown: unknown) => thrown);
    assert.ok(error instanceof MillraceError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    assert.ok(error.hint);
  });
}

test("a folder without a project file, and no folder, are told apart", async (t) => {
  const sandbox = openSandbox(t);
  await assert.rejects(sandbox.project(), {
    code: "project/not-found",
    message: /holds no millrace\.ts/,
  });
});

test("a project file finds the library, its SQL files and its parameters", async (t) => {
  const sandbox = openSandbox(t);
  sandbox.write("a.csv", "a\n1\n");
  sandbox.write("all.sql", "-- $nothing\nselect a, '$x' as x from $table;\n");
  sandbox.write(
    "millrace.ts",
    `import { csv, defineProject, ingest, param, sqlFile, text, transform } from "millrace";
const a = ingest("bronze.a", { from: csv(param("path", { default: "a.csv" })), columns: { a: text() } });
export default defineProject({ name: "p", assets: [a, transform("gold.a", sqlFile("all.sql", { table: a }))] });`,
  );
  assert.equal((await sandbox.run()).state, "done");
  assert.deepEqual(await sandbox.rows("gold.a"), [{ a: "1", x: "$x" }]);
});

test("a SQL file that is missing, names what it is not given, or is given what it does not name", async (t) => {
  const project = (
    names: string,
  ) => `import { defineProject, param, sqlFile, transform } from "millrace";
export default defineProject({ name: "p", assets: [transform("gold.a", sqlFile("q.sql", ${names}))] });`;
  const refused = async (sql: string | undefined, names: string) => {
    const sandbox = openSandbox(t);
    sandbox.write("millrace.ts", project(names));
    if (sql !== undefined) sandbox.write("q.sql", sql);
    const error: unknown = await sandbox.project().then(String, (thrown: unknown) => thrown);
    assert.ok(error instanceof MillraceError, String(error));
    return `${error.code} ${error.message} ${error.hint}`;
  };
  assert.match(
    await refused(undefined, "{}"),
    /project\/no-sql-file .*q\.sql, which cannot be read/,
  );
  assert.match(
    await refused("select 1,\n $leest", '{ least: param("least", { default: 1 }) }'),
    /project\/unknown-name .*q\.sql:2 refers to \$leest.*Did you mean \$least/,
  );
  assert.match(
    await refused("select 1", "{ least: 1 }"),
    /project\/unused-name .*never uses \$least/,
  );
});
