/** The command as a person runs it on an example, and what it prints. */

import assert from "node:assert/strict";
import { access, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { documentOf, millrace } from "../cli/command.ts";

const ROOT = join(import.meta.dirname, "..", "..");

export type Row = Readonly<Record<string, unknown>>;

export interface Ledger {
  readonly read: number;
  readonly written: number;
  readonly quarantined: number;
  readonly deduplicated: number;
  readonly filtered: number;
}

export interface RunResult {
  readonly project: string;
  readonly state: string;
  readonly steps: readonly {
    readonly asset: string;
    readonly kind: string;
    readonly state: string;
    readonly ledger?: Ledger;
  }[];
}

export interface QuarantineResult {
  readonly total: number;
  readonly reasons: readonly {
    readonly column: string | null;
    readonly rule: string;
    readonly message: string;
    readonly count: number;
  }[];
  readonly rows: readonly { readonly raw: string; readonly position: string }[];
}

/** An example with a lake and output folders of its own; all of it is gone once closed. */
export interface Example {
  readonly folder: string;
  close(): Promise<void>;
  run(params?: Readonly<Record<string, string>>): Promise<RunResult>;
  query(statement: string): Promise<readonly Row[]>;
  quarantine(table: string): Promise<QuarantineResult>;
}

/** `outputs` are the parameters that name folders; each becomes a folder inside `folder`, as the lake unless told. */
export async function openExample(
  name: string,
  outputs: readonly string[],
  lake?: string,
): Promise<Example> {
  const folder = await mkdtemp(join(tmpdir(), `${name}-`));
  const project = join(ROOT, "examples", name);
  const places = ["--project", project, "--lake", lake ?? join(folder, "lake")];
  const redirected = Object.fromEntries(outputs.map((param) => [param, join(folder, param)]));
  // A run with a failed step ends with 1, and tells it in its document all the same.
  const asked = async (...args: readonly string[]): Promise<unknown> => {
    const { code, out, err } = await millrace([...args, ...places, "--json"]);
    assert.ok(code === 0 || code === 1, err);
    return documentOf(out);
  };
  return {
    folder,
    close: () => rm(folder, { recursive: true }),
    run: async (params = {}) => {
      const all = Object.entries({ ...redirected, ...params });
      const options = all.flatMap(([key, value]) => ["--param", `${key}=${value}`]);
      return (await asked("run", ...options)) as RunResult;
    },
    query: async (statement) => (await asked("query", statement)) as readonly Row[],
    quarantine: async (table) => (await asked("quarantine", table)) as QuarantineResult,
  };
}

/** The real input of an example, which lies beside the project where the project is developed; else undefined, and the test says so. */
export async function findRealInput(t: TestContext, name: string): Promise<string | undefined> {
  const folder = join(ROOT, "..", "shared", "data", name);
  const isThere = await access(folder).then(
    () => true,
    () => false,
  );
  if (isThere) return folder;
  t.diagnostic(`the real input is not here: ${folder} is absent, nothing was compared`);
  return undefined;
}

export function ledgerOf({ steps }: RunResult, asset: string): Ledger | undefined {
  return steps.find((step) => step.asset === asset)?.ledger;
}
