/**
 * `npm run test:stack [-- WORD...]`: the tests against real outside parts, or those whose paths hold one of the words.
 * Each part starts once, before the first test that needs it, and stops after the last. One that cannot be had is a failure.
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { globSync } from "node:fs";
import { deltaRs } from "./delta-rs.ts";
import { duckdbDelta } from "./duckdb-delta.ts";
import type { Part, RunningPart } from "./part.ts";
import { spark } from "./spark.ts";
import { versitygw } from "./versitygw.ts";

const PARTS: Readonly<Record<string, Part>> = {
  "delta-rs": deltaRs,
  "duckdb-delta": duckdbDelta,
  spark,
  versitygw,
};

/** Tests that need the same parts run together. */
interface Group {
  readonly parts: readonly string[];
  readonly files: readonly string[];
}

const stopping = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => stopping.abort());

const groups = groupsOf(process.argv.slice(2));
const running = new Map<string, RunningPart>();
let failures = 0;
try {
  for (const [index, group] of groups.entries()) {
    if (!(await runGroup(group))) failures += 1;
    const later = new Set(groups.slice(index + 1).flatMap(({ parts }) => parts));
    await stopAll(group.parts.filter((name) => !later.has(name)));
  }
} finally {
  await stopAll([...running.keys()]);
}
say(`\n${groups.length - failures} of ${groups.length} groups of tests passed`);
process.exitCode = failures === 0 && !stopping.signal.aborted ? 0 : 1;

function groupsOf(words: readonly string[]): Group[] {
  const needs = new Map<string, string[]>();
  for (const [name, { tests }] of Object.entries(PARTS)) {
    for (const file of globSync(tests)) needs.set(file, [...(needs.get(file) ?? []), name]);
  }
  const wanted = [...needs.keys()]
    .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
    .toSorted();
  const groups = Map.groupBy(wanted, (file) => needs.get(file)?.join(", ") ?? "");
  return [...groups.values()].map((files) => ({ parts: needs.get(files[0] ?? "") ?? [], files }));
}

async function runGroup({ parts, files }: Group): Promise<boolean> {
  if (stopping.signal.aborted) return false;
  say(`\n${parts.join(", ")}`);
  const starts = await Promise.allSettled(parts.map(start));
  const lost = starts.filter((result) => result.status === "rejected");
  for (const { reason } of lost) {
    say(
      `not ok - an outside part is missing\n${reason instanceof Error ? reason.message : reason}`,
    );
  }
  return lost.length === 0 && (await runTests(files));
}

async function start(name: string): Promise<void> {
  const part = PARTS[name];
  if (part === undefined || running.has(name)) return;
  running.set(name, await part.start());
}

async function runTests(files: readonly string[]): Promise<boolean> {
  const options = ["--conditions=millrace-source", "--test", "--test-concurrency=1"];
  const output = ["--test-timeout=600000", "--test-reporter=./scripts/reporter.ts"];
  const places = [...running.values()].map(({ env }) => env);
  const child = spawn(process.execPath, [...options, ...output, ...files], {
    stdio: "inherit",
    env: Object.assign({ ...process.env, UV_THREADPOOL_SIZE: "16" }, ...places),
  });
  const end = (): void => void child.kill();
  stopping.signal.addEventListener("abort", end);
  const [code] = await once(child, "exit");
  stopping.signal.removeEventListener("abort", end);
  return code === 0;
}

async function stopAll(names: readonly string[]): Promise<void> {
  const parts = names.flatMap((name) => running.get(name) ?? []);
  for (const name of names) running.delete(name);
  await Promise.all(parts.map((part) => part.stop()));
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
