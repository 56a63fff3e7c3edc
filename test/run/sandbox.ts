/** A project in a temporary folder, planned and run through the same door as the command, and its lake read back. */

import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import type { Clock } from "../../src/base/clock.ts";
import type { Crash } from "../../src/base/crash-point.ts";
import type { Row } from "../../src/engine/engine.ts";
import { listTables, loadTable, relationOf } from "../../src/lake/lake.ts";
import { type Asset, defineProject } from "../../src/project/define.ts";
import { checkProject, loadProject, type Project } from "../../src/project/load.ts";
import { applyPlan, type RunEvent } from "../../src/run/apply.ts";
import { type Plan, planRun } from "../../src/run/plan.ts";
import type { RunResult } from "../../src/run/result.ts";
import { openWorkspace, type Workspace } from "../../src/run/workspace.ts";
import type { Text } from "../../src/sql/template.ts";
import type { StorageOptions } from "../../src/storage/open.ts";

export interface Given {
  readonly params?: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly lake?: string;
  /** Of the project itself. */
  readonly lakeText?: Text;
  readonly clock?: Clock;
  readonly crash?: Crash;
  readonly signal?: AbortSignal;
  readonly on?: (event: RunEvent) => void;
}

export interface Sandbox {
  readonly folder: string;
  readonly lakePath: string;
  /** A file of the project, last written an hour before `age`, so that it counts as settled. */
  write(name: string, content: string | Uint8Array, age?: number): void;
  /** Assets, or nothing for the project file in the folder. */
  project(assets?: readonly Asset[], given?: Given): Promise<Project>;
  plan(assets?: readonly Asset[], given?: Given): Promise<Plan>;
  run(assets?: readonly Asset[], given?: Given): Promise<RunResult>;
  /** The rows of a table in a fixed order; `rest` may filter or group them. */
  rows(table: string, select?: string, rest?: string): Promise<Row[]>;
  tables(): Promise<string[]>;
  version(table: string): Promise<number | undefined>;
  /** A lake opened for `use`, and closed. */
  open<T>(use: (workspace: Workspace) => Promise<T>, given?: Given): Promise<T>;
}

const HOUR_MS = 3_600_000;

export function openSandbox(t: Pick<TestContext, "after">): Sandbox {
  const folder = mkdtempSync(join(tmpdir(), "millrace-run-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return sandboxIn(folder);
}

/** A lake elsewhere than in the sandbox's folder. */
export interface LakeElsewhere {
  /** `s3://bucket/prefix` */
  readonly lakePath: string;
  readonly s3: StorageOptions["s3"];
}

/** The sandbox of a folder that is there already. */
export function sandboxIn(folder: string, elsewhere?: LakeElsewhere): Sandbox {
  const lakePath = elsewhere?.lakePath ?? join(folder, "lake");

  const project: Sandbox["project"] = async (assets, given = {}) => {
    const options = {
      folder,
      params: given.params ?? {},
      lake: given.lake ?? elsewhere?.lakePath,
      environment: given.environment ?? {},
    };
    if (assets === undefined) return loadProject(options);
    const lake = given.lakeText === undefined ? {} : { lake: given.lakeText };
    return checkProject(defineProject({ name: "sandbox", assets, ...lake }), options);
  };

  const open: Sandbox["open"] = async (use, { lake = lakePath, clock, crash } = {}) => {
    const workspace = await openWorkspace({
      lakePath: lake,
      threads: 1,
      ...(elsewhere?.s3 === undefined ? {} : { s3: elsewhere.s3 }),
      ...(clock === undefined ? {} : { clock }),
      ...(crash === undefined ? {} : { crash }),
    });
    try {
      return await use(workspace);
    } finally {
      await workspace.close();
    }
  };

  return {
    folder,
    lakePath,
    project,
    open,
    write(name, content, age = 0) {
      const path = join(folder, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
      const time = new Date(Date.now() - HOUR_MS - age);
      utimesSync(path, time, time);
    },
    async plan(assets, given = {}) {
      const checked = await project(assets, given);
      const lake = checked.lakePath;
      return open((workspace) => planRun(checked, workspace), { ...given, lake });
    },
    async run(assets, given = {}) {
      const checked = await project(assets, given);
      const { signal = new AbortController().signal, on } = given;
      return open(
        async (workspace) => {
          const plan = await planRun(checked, workspace);
          const how = { signal, ...(on === undefined ? {} : { on }) };
          return applyPlan(plan, checked, workspace, how);
        },
        { ...given, lake: checked.lakePath },
      );
    },
    rows: (table, select = "*", rest = "") =>
      open(async ({ lake }) => {
        const relation = await relationOf(lake, await loadTable(lake, table));
        return lake.engine.rows(`select ${select} from ${relation} ${rest} order by all`);
      }),
    tables: () => open(({ lake }) => listTables(lake)),
    version: (table) => open(async ({ lake }) => (await lake.find(table))?.version),
  };
}

/** The step of an asset in a result or a plan. */
export function stepOf<S extends { readonly asset: string } | { readonly name: string }>(
  { steps }: { readonly steps: readonly S[] },
  name: string,
): S {
  const found = steps.find((step) => ("asset" in step ? step.asset : step.name) === name);
  if (found === undefined) throw new Error(`no step ${name}`);
  return found;
}
