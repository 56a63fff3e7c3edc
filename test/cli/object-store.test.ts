/** The command with a lake in a bucket: what the environment tells it, what it says, and that it ends when told. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { globSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, suite, test } from "node:test";
import { ACCESS_KEY, openS3Double, type S3Double, SECRET_KEY } from "../storage/s3-double.ts";
import { documentOf, millrace, startMillrace, temporaryFolder } from "./command.ts";

const PROJECT = `
import { csv, defineProject, ingest, integer } from "millrace";
const numbers = ingest("bronze.numbers", { from: csv("n.csv", { settle: "0 s" }), columns: { n: integer() } });
export default defineProject({ name: "numbers", assets: [numbers], lake: "s3://double/lake", s3: { cacheSize: "1 GB" } });
`;

let double: S3Double;
let env: Record<string, string>;
const place = temporaryFolder();

// Hooks of a suite run only with one of its tests: a bucket that nobody asks would keep the process alive.
suite("the command with a lake in a bucket", () => {
  before(async () => {
    double = await openS3Double();
    env = {
      AWS_ENDPOINT_URL_S3: double.endpoint,
      AWS_ACCESS_KEY_ID: ACCESS_KEY,
      AWS_SECRET_ACCESS_KEY: SECRET_KEY,
      MILLRACE_CACHE: join(place.path, "cache"),
    };
    writeFileSync(join(place.path, "millrace.ts"), PROJECT);
    writeFileSync(join(place.path, "n.csv"), "n\n1\n2\n");
  });

  after(async () => {
    assert.equal(await double.connections(), 0);
    await double.close();
    place.remove();
  });

  const run = (...args: readonly string[]) => millrace(args, { cwd: place.path, env });

  test("a project whose lake is in a bucket runs, and its tables are asked by name and address", async () => {
    const { code, out, err } = await run("run", "--json");
    assert.equal(code, 0, err);
    assert.deepEqual((documentOf(out) as { lake: string; state: string }).lake, "s3://double/lake");
    for (const query of [
      "from bronze.numbers",
      "from delta_scan('s3://double/lake/bronze/numbers')",
    ])
      assert.deepEqual(documentOf((await run("query", query, "--json")).out), [{ n: 1 }, { n: 2 }]);
    assert.match((await run("table", "s3://double/lake/bronze/numbers")).out, /bronze\.numbers/);
    assert.match((await run("tables", "--lake", "s3://double/lake/")).out, /bronze\.numbers/);
  });

  test("where there is no lake in the bucket, or no bucket, it says so", async () => {
    for (const [lake, code] of [
      ["s3://double/elsewhere", "lake/not-there"],
      ["s3://nobodys/lake", "storage/no-bucket"],
      ["s3://", "storage/bad-place"],
      ["gs://bucket/lake", "project/bad-lake"],
    ] as const) {
      const { err } = await run("tables", "--lake", lake);
      assert.match(err, new RegExp(`error\\[${code}\\]`));
    }
    const key = "s3://some-key:some-secret@bucket/lake";
    assert.doesNotMatch((await run("tables", "--lake", key)).err, /some-(key|secret)/);
  });

  test("variables that mean nothing are refused before anything is done", async () => {
    for (const [name, value] of [
      ["MILLRACE_CACHE_SIZE", "much"],
      ["MILLRACE_S3_PATH_STYLE", "yes"],
    ] as const) {
      const { code, err } = await millrace(["tables"], {
        cwd: place.path,
        env: { ...env, [name]: value },
      });
      assert.equal(code, 2);
      assert.match(err, new RegExp(`cli/bad-environment.*${name}`));
    }
  });

  test("without the package for object stores it says how to install it", async () => {
    const hook = `data:text/javascript,${encodeURIComponent(`
    import { registerHooks } from "node:module";
    registerHooks({ resolve(name, context, next) {
      if (name !== "@aws-sdk/client-s3") return next(name, context);
      throw Object.assign(new Error("not there"), { code: "ERR_MODULE_NOT_FOUND" });
    } });`)}`;
    const NODE_OPTIONS = `--import=${hook}`;
    const { code, err } = await millrace(["tables"], {
      cwd: place.path,
      env: { ...env, NODE_OPTIONS },
    });
    assert.equal(code, 1);
    assert.match(err, /storage\/no-driver[\s\S]*npm install @aws-sdk\/client-s3/);
  });

  for (const args of [["run"], ["query", "from bronze.numbers"]]) {
    test(`millrace ${args[0]} ends when it is told to while the store is silent`, async () => {
      writeFileSync(join(place.path, "n.csv"), `n\n${args.length}\n`);
      const fresh = { ...env, MILLRACE_CACHE: join(place.path, "fresh") };
      const child = startMillrace(args, { cwd: place.path, env: fresh });
      double.breakBy(({ what, key }) => {
        const isData = /bronze\/numbers\/part-/.test(key) && (what === "PUT" || what === "GET");
        if (!isData) return undefined;
        setImmediate(() => child.kill("SIGINT"));
        return "silence";
      });
      assert.ok(child.stdout !== null && child.stderr !== null);
      child.stdout.resume();
      const [said, [code]] = await Promise.all([text(child.stderr), once(child, "exit")]);
      double.breakBy(() => undefined);
      assert.equal(code, 130, said);
      assert.deepEqual(globSync("fresh/lake/in-use/*", { cwd: place.path }), []);
    });
  }
});
