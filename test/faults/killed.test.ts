/** A run that was killed stands in `system.runs` once, and one that still works is not taken for dead. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { csv, ingest, param, sql, text } from "../../src/index.ts";
import { openSandbox, type Sandbox } from "../run/sandbox.ts";
import { writeFirstFiles } from "./flow.ts";
import { start } from "./process.ts";

const fruit = ingest("bronze.fruit", { from: csv("fruit.csv"), columns: { name: text() } });

const CHILD = join(import.meta.dirname, "child.ts");

const states = (sandbox: Sandbox) =>
  sandbox.rows("system.runs", "state, count(*)::int as n", "group by all");
/** The folder goes with its last file. */
const marks = ({ lakePath }: Sandbox): string[] => {
  const folder = join(lakePath, ".running");
  return existsSync(folder) ? readdirSync(folder) : [];
};

/** As one that was killed leaves it, but for what is given. */
function leaveMark(
  { lakePath }: Sandbox,
  run: string,
  given: Readonly<Record<string, unknown>>,
): string {
  const mark = {
    run,
    project: "sandbox",
    started_at: "2026-01-01T00:00:00.000Z",
    parameters: '{"day":"monday"}',
    engine: "duckdb",
    machine: "0123456789ab",
    pid: 1,
    start: "0123456789ab",
  };
  const path = join(lakePath, ".running", `${run}.json`);
  mkdirSync(join(lakePath, ".running"), { recursive: true });
  writeFileSync(path, JSON.stringify({ ...mark, ...given }));
  return path;
}

test("the run after a killed one records it, tells of it, and is itself the only one to do so", async (t) => {
  const sandbox = openSandbox(t);
  writeFirstFiles(sandbox);
  sandbox.write("fruit.csv", "name\npear\n");
  const { signal } = await start("child.ts", sandbox.folder, ["ingest/committed"]).ended;
  assert.equal(signal, "SIGKILL");
  assert.equal(marks(sandbox).length, 1);
  const [first, second] = await Promise.all([sandbox.run([fruit]), sandbox.run([fruit])]);
  const told = [...(first.killed ?? []), ...(second.killed ?? [])];
  assert.equal(told.length, 1);
  assert.deepEqual(
    await sandbox.rows(
      "system.runs",
      "run, project, parameters, engine, ended_at",
      "where state = 'killed'",
    ),
    [
      {
        run: told[0]?.run,
        project: "sandbox",
        parameters: '{"most":100}',
        engine: "duckdb",
        ended_at: null,
      },
    ],
  );
  const after = await sandbox.version("system.runs");
  const third = await sandbox.run([fruit]);
  assert.deepEqual([third.state, third.killed], ["nothing to do", undefined]);
  assert.equal(await sandbox.version("system.runs"), after);
  assert.deepEqual(marks(sandbox), []);
});

test("a run that still works is not taken for dead by one that comes and goes meanwhile", async (t) => {
  const sandbox = openSandbox(t);
  writeFirstFiles(sandbox);
  sandbox.write("fruit.csv", "name\npear\n");
  let others = 0;
  await sandbox.run([fruit], {
    crash: (point) => {
      if (point !== "ingest/committed") return;
      assert.equal(marks(sandbox).length, 1);
      const args = ["--conditions=millrace-source", CHILD, sandbox.folder, "", "1", "lose"];
      assert.equal(spawnSync(process.execPath, args).status, 0);
      assert.equal(marks(sandbox).length, 1);
      others += 1;
    },
  });
  assert.equal(others, 1);
  assert.deepEqual(await states(sandbox), [{ state: "done", n: 3 }]);
  assert.deepEqual(marks(sandbox), []);
});

test("a run that came to its end and could not take its mark away is not recorded twice", async (t) => {
  const sandbox = openSandbox(t);
  sandbox.write("fruit.csv", "name\npear\n");
  const { run } = await sandbox.run([fruit]);
  const dead = leaveMark(sandbox, run, {});
  const longAgo = new Date(Date.now() - 8 * 24 * 3_600_000);
  utimesSync(dead, longAgo, longAgo);
  assert.equal((await sandbox.run([fruit])).killed, undefined);
  assert.deepEqual(await states(sandbox), [{ state: "done", n: 1 }]);
  assert.deepEqual(marks(sandbox), []);
});

test("a run of another machine is taken for dead after a week, and no unreadable mark stops a run", async (t) => {
  const sandbox = openSandbox(t);
  sandbox.write("fruit.csv", "name\npear\n");
  await sandbox.run([fruit]);
  leaveMark(sandbox, "young", {});
  const old = leaveMark(sandbox, "old", {});
  const weekAgo = new Date(Date.now() - 8 * 24 * 3_600_000);
  utimesSync(old, weekAgo, weekAgo);
  leaveMark(sandbox, "strange", { pid: "none" });
  writeFileSync(join(sandbox.lakePath, ".running", "half.json"), '{"run');
  const result = await sandbox.run([fruit]);
  assert.equal(result.state, "nothing to do");
  assert.deepEqual(result.killed, [{ run: "old", started_at: "2026-01-01T00:00:00.000Z" }]);
  assert.deepEqual(marks(sandbox), ["half.json", "strange.json", "young.json"]);
});

test("the mark of a run holds no secret", async (t) => {
  const sandbox = openSandbox(t);
  sandbox.write("fruit.csv", "name\npear\n");
  const token = param("token", { default: "" });
  const place = param("place", { default: "" });
  const asset = ingest("bronze.fruit", {
    from: csv("fruit.csv"),
    columns: { name: text() },
    rules: { "is elsewhere": sql`name not in (${token}, ${place})` },
  });
  let mark = "";
  await sandbox.run([asset], {
    params: { token: "hush-hush", place: "in/hush-hush" },
    on: () => {
      const [name = ""] = marks(sandbox);
      mark ||= readFileSync(join(sandbox.lakePath, ".running", name), "utf8");
    },
  });
  const parameters: unknown = JSON.parse(mark).parameters;
  assert.equal(parameters, '{"token":"***","place":"in/***"}');
});
