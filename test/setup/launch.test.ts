/** Tests of bin/launch.mjs: the process that goes on as Millrace has its threads, and its caller's signals, exit code and death. */

import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";

const LAUNCH = new URL("../../bin/launch.mjs", import.meta.url).href;

/** Goes on as `node -e program`, replacing itself or, as an old Node would, beside a child. */
function launcher(program: string, { replaces }: { replaces: boolean }): string[] {
  const become = `import { become, environment } from ${JSON.stringify(LAUNCH)};
    ${replaces ? "" : "process.execve = undefined;"}
    process.stdout.write(process.pid + "\\n");
    await become(process.execPath, ["-e", ${JSON.stringify(program)}], environment());`;
  return ["--input-type=module", "-e", become];
}

const SAY_PID = 'process.stdout.write(process.pid + "\\n");';

async function firstLines(child: ChildProcess, count: number): Promise<string[]> {
  assert.ok(child.stdout);
  let text = "";
  for await (const chunk of child.stdout) {
    text += chunk;
    if (text.split("\n").length > count) break;
  }
  return text.split("\n").slice(0, count);
}

test("where Node can replace itself, Millrace is one process", () => {
  const args = launcher(SAY_PID, { replaces: true });
  const { stdout } = spawnSync(process.execPath, args, { encoding: "utf8" });
  const [before, after] = stdout.split("\n");
  assert.equal(after, before);
});

for (const replaces of [true, false]) {
  const how = replaces ? "replaced" : "with a child";

  test(`a process ${how} runs sixteen queries at once`, () => {
    const program = `for (let i = 0; i < 32; i += 1) require("crypto").pbkdf2("a", "b", 2e5, 64, "sha512", () => {});
      setImmediate(() => console.log(process.env.UV_THREADPOOL_SIZE, require("fs").readdirSync("/proc/self/task").length > 16));`;
    const { UV_THREADPOOL_SIZE: _, ...env } = process.env;
    const args = launcher(program, { replaces });
    const { stdout } = spawnSync(process.execPath, args, { encoding: "utf8", env });
    assert.equal(stdout.split("\n")[1], "16 true");
  });

  test(`a process ${how} keeps the exit code`, () => {
    const { status } = spawnSync(process.execPath, launcher("process.exit(7)", { replaces }));
    assert.equal(status, 7);
  });

  test(`a process ${how} dies of the signal that Millrace died of`, () => {
    const program = 'process.kill(process.pid, "SIGKILL"); setInterval(() => {}, 1000);';
    const { signal } = spawnSync(process.execPath, launcher(program, { replaces }));
    assert.equal(signal, "SIGKILL");
  });

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    test(`a process ${how} passes ${signal} on`, async () => {
      const program = `process.on("${signal}", () => process.exit(9)); setInterval(() => {}, 1000); ${SAY_PID}`;
      const child = spawn(process.execPath, launcher(program, { replaces }), {
        stdio: ["ignore", "pipe", "ignore"],
      });
      await firstLines(child, 2);
      const exit = once(child, "exit");
      child.kill(signal);
      assert.deepEqual(await exit, [9, null]);
    });
  }
}

test("a child whose parent was killed ends too", async () => {
  const program = `setInterval(() => {}, 1000); ${SAY_PID}`;
  const parent = spawn(process.execPath, launcher(program, { replaces: false }), {
    stdio: ["ignore", "pipe", "ignore"],
  });
  assert.ok(parent.stdout);
  const output = parent.stdout;
  const ended = once(output, "close");
  await once(output, "data");
  await once(output, "data");
  parent.kill("SIGKILL");
  // The child holds the other end of the pipe: it closes when both are gone.
  output.resume();
  await ended;
});
