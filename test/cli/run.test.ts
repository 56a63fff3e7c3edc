/** Tests of `run`, `plan` and `replay`: what is printed where, how a command ends, and what is never shown. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { documentOf, json, millrace, startMillrace, temporaryFolder } from "./command.ts";

const place = temporaryFolder();
after(() => place.remove());

/** A folder with a project of one table, whose CSV has the columns n and t. */
function project(name: string, text: string): string {
  const folder = join(place.path, name);
  mkdirSync(folder);
  writeFileSync(join(folder, "millrace.ts"), text);
  writeFileSync(join(folder, "a.csv"), "n,t\n1,a\nx,b\n");
  return folder;
}

const ONE_TABLE = `import { csv, defineProject, env, files, ingest, integer, param, publish, sql, text, transform } from "millrace";
const t = ingest("bronze.t", { from: csv("*.csv"), columns: { n: integer(), t: text() } });
`;

test("the result is on standard output, what happens meanwhile on standard error", async () => {
  await json(["init", "shop"], { cwd: place.path });
  const cwd = join(place.path, "shop");
  const planned = await millrace(["plan"], { cwd });
  assert.match(planned.out, /`millrace run` does it\.\n$/);
  assert.equal(planned.code, 0, planned.err);
  assert.match(planned.out, /bronze\.orders/);
  const first = await millrace(["run"], { cwd });
  assert.equal(first.code, 0, first.err);
  assert.match(
    first.out,
    /^Asset +State +Read +Written +Quarantined +Deduplicated +Filtered +Version +Time\n-+ .*\nbronze\.orders +done +8 +4 +3 +1 +0 +0 +\d+\.\d s\n/,
  );
  assert.match(first.out, /\nOutputs:\n {2}.*revenue\.csv\n$/);
  assert.match(
    first.err,
    /^bronze\.orders: started\nbronze\.orders: done, 4 written, 3 quarantined, 1 deduplicated, \d+\.\d s\n/,
  );
  const second = await millrace(["run"], { cwd });
  assert.match(second.out, /^Nothing to do: /);
  assert.equal(second.err, "");
  const quiet = await millrace(["run", "--quiet", "--json"], { cwd });
  assert.equal((documentOf(quiet.out) as { state: string }).state, "nothing to do");
  assert.equal(quiet.err, "");
});

test("a mended contract lets quarantined rows pass, which a dry run only counts", async () => {
  const strict = `${ONE_TABLE}export default defineProject({ name: "p", assets: [t] });`.replace(
    "text()",
    'text().oneOf(["a"])',
  );
  const cwd = project("mended", strict);
  writeFileSync(join(cwd, "b.csv"), "n,t\n2,b\n");
  await json(["run"], { cwd });
  writeFileSync(join(cwd, "millrace.ts"), strict.replace('["a"]', '["a", "b"]'));
  const wanted = { table: "bronze.t", tried: 2, passing: 1, still_rejected: 1 };
  const replay = async (...more: readonly string[]) => {
    const told = await json(["replay", "bronze.t", ...more], { cwd });
    const { table, tried, passing, still_rejected } = told as typeof wanted;
    return { table, tried, passing, still_rejected };
  };
  assert.deepEqual(await replay("--dry-run"), wanted);
  assert.deepEqual(await replay(), wanted);
  assert.deepEqual(await replay(), { ...wanted, tried: 1, passing: 0 });
  const { out } = await millrace(["replay", "bronze.t"], { cwd });
  assert.match(out, /^Of 1 quarantined row of bronze\.t, 0 passed and 1 stays\.\n/);
});

test("a step that fails ends the run with 1, and the others are told", async () => {
  const cwd = project(
    "failing",
    `${ONE_TABLE}const bad = transform("gold.bad", sql\`select (t || 'x')::int as n from \${t}\`);
const after = transform("gold.after", sql\`from \${bad}\`);
export default defineProject({ name: "failing", assets: [t, bad, after] });`,
  );
  const { code, out, err } = await millrace(["run", "--json"], { cwd });
  assert.equal(code, 1, err);
  const { state, steps } = documentOf(out) as {
    state: string;
    steps: readonly { asset: string; state: string; error?: { code: string } }[];
  };
  assert.equal(state, "failed");
  assert.deepEqual(
    steps.map((step) => [step.asset, step.state]),
    [
      ["bronze.t", "done"],
      ["gold.bad", "failed"],
      ["gold.after", "blocked"],
    ],
  );
  const text = await millrace(["run"], { cwd });
  assert.equal(text.code, 1);
  assert.match(text.out, /\ngold\.bad failed \[[a-z]+\/[a-z-]+\]: /);
});

test("a project that cannot be read is a failed run in JSON, and an error in text", async () => {
  const cwd = project("broken", "export default 1;");
  const [text, document, trace] = await Promise.all([
    millrace(["run"], { cwd }),
    millrace(["run", "--json"], { cwd }),
    millrace(["plan", "--debug"], { cwd }),
  ]);
  assert.match(text.err, /^error\[project\/no-project\]: .*\n {2}End the file with/);
  assert.doesNotMatch(text.err, /\n +at /);
  assert.match(trace.err, /\n +at /);
  assert.equal(document.code, 1);
  const {
    project: name,
    state,
    steps,
    error,
  } = documentOf(document.out) as {
    project: string;
    state: string;
    steps: readonly unknown[];
    error: { code: string };
  };
  assert.deepEqual(
    { name, state, steps, code: error.code },
    { name: "broken", state: "failed", steps: [], code: "project/no-project" },
  );
});

test("secrets are shown as *** in texts and documents, and nothing else is", async () => {
  const cwd = project(
    "secretive",
    `${ONE_TABLE}const out = publish(t, files(env("OUT"), { format: "csv" }));
const token = param("api_token", { default: "" });
const used = transform("gold.used", sql\`select error('token ' || \${token}) as n from \${t}\`);
export default defineProject({ name: "secretive", assets: [t, out, used] });`,
  );
  const secret = join(cwd, 'out "quoted" 1');
  const start = { cwd, env: { OUT: secret } };
  const args = ["run", "--param", "api_token=s3cr3t"];
  const document = await millrace([...args, "--json"], start);
  const text = await millrace(args, start);
  for (const { code, out, err } of [document, text]) {
    assert.equal(code, 1);
    assert.doesNotMatch(out + err, /s3cr3t/);
    assert.doesNotMatch(out + err, /quoted/);
  }
  assert.match(document.out, /token \*\*\*/);
  assert.match(document.out, /"outputs":\["\*\*\*\/t\.csv"\]/);
  assert.ok(documentOf(document.out));
});

test("an unknown parameter is told with those that there are", async () => {
  const { code, err } = await millrace(["plan", "--param", "as_of=1"], {
    cwd: join(place.path, "shop"),
  });
  assert.equal(code, 1);
  assert.match(err, /^error\[project\/unknown-param\]/);
});

test("Ctrl-C stops a query after the rows that were printed, with 130", async () => {
  const child = startMillrace(["query", "from range(1000000000000)", "--lake", place.path]);
  let err = "";
  child.stderr?.on("data", (text) => {
    err += text;
  });
  await once(child.stdout ?? child, "data");
  child.kill("SIGINT");
  child.stdout?.resume();
  assert.deepEqual(await once(child, "close"), [130, null]);
  assert.match(err, /^Stopping at a safe point.*\nerror\[cli\/stopped\]: millrace was stopped/);
});

test("SIGTERM stops a run in order, with 143 and its document", async () => {
  const cwd = project(
    "endless",
    `${ONE_TABLE}const slow = transform("gold.slow", sql\`select count(*) as n from range(100000000000) a(i), \${t}\`);
export default defineProject({ name: "endless", assets: [t, slow] });`,
  );
  const child = startMillrace(["run", "--json"], { cwd });
  let out = "";
  child.stdout?.on("data", (text) => {
    out += text;
  });
  let err = "";
  child.stderr?.on("data", (text) => {
    err += text;
    if (String(text).includes("gold.slow: started")) setTimeout(() => child.kill("SIGTERM"), 1500);
  });
  assert.deepEqual(await once(child, "close"), [143, null]);
  assert.match(err, /Stopping at a safe point/);
  const { state, steps } = documentOf(out) as {
    state: string;
    steps: readonly { asset: string; state: string }[];
  };
  assert.deepEqual(
    { state, steps: steps.map((step) => [step.asset, step.state]) },
    {
      state: "stopped",
      steps: [
        ["bronze.t", "done"],
        ["gold.slow", "stopped"],
      ],
    },
  );
});

test("a second signal ends a command at once, whatever the engine is doing", async () => {
  const child = startMillrace(["query", "-", "--lake", place.path]);
  // Standard input stays open, so the command waits, and no order helps it.
  child.stdin?.write("select 1");
  const tries = setInterval(() => child.kill("SIGINT"), 1500);
  const [code, signal] = await once(child, "close");
  clearInterval(tries);
  assert.equal(code, null);
  assert.equal(signal, "SIGINT");
});

test("a variable that means nothing is refused", async () => {
  for (const env of [{ MILLRACE_MEMORY_LIMIT: "lots" }, { MILLRACE_THREADS: "0" }]) {
    const { code, err } = await millrace(["tables", "--lake", place.path], { env });
    assert.equal(code, 2);
    assert.match(err, /^error\[cli\/bad-environment\]/);
  }
});

test("a crash point kills the process, and the next run goes on", async () => {
  const cwd = project(
    "crashing",
    `${ONE_TABLE}export default defineProject({ name: "p", assets: [t] });`,
  );
  const killed = await millrace(["run"], { cwd, env: { MILLRACE_CRASH_AT: "ingest/committed:1" } });
  assert.equal(killed.code, "SIGKILL");
  await json(["run"], { cwd });
  assert.equal(((await json(["quarantine", "bronze.t"], { cwd })) as { total: number }).total, 1);
  const wrong = await millrace(["run"], { cwd, env: { MILLRACE_CRASH_AT: "ingest/commited" } });
  assert.equal(wrong.code, 2);
  assert.match(wrong.err, /cli\/bad-environment.*\n.*ingest\/committed/);
});

test("colours are for terminals, unless they are asked for", async () => {
  const [plain, forced, refused] = await Promise.all([
    millrace(["nope"]),
    millrace(["nope"], { env: { FORCE_COLOR: "1" } }),
    millrace(["nope"], { env: { NO_COLOR: "1", FORCE_COLOR: "0" } }),
  ]);
  assert.ok(!plain.err.includes("\u001b["));
  assert.ok(forced.err.startsWith("\u001b[31merror\u001b[39m"));
  assert.ok(!refused.err.includes("\u001b["));
});
