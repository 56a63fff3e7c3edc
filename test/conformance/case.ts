/** The shared conformance cases: tables that other Delta writers made, and what a right reader says of them. */

import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

export interface Case {
  /** `suite/case`. */
  readonly name: string;
  readonly folder: string;
  readonly note: string | undefined;
  readonly expect: {
    readonly kind: "rows" | "error" | "log-only" | "rows-or-refuse";
    readonly version?: number;
    readonly rows?: number;
    readonly rowsAt?: string;
    readonly activeFiles?: number;
    readonly reason?: string;
    readonly why?: string;
  };
  readonly derived?: {
    readonly txn: Readonly<Record<string, number>>;
    readonly domains: readonly string[];
    readonly versions?: Readonly<
      Record<string, { readonly files?: number; readonly rows?: number }>
    >;
  };
}

/** Lies beside the project; absent on most machines. */
export const CONFORMANCE = resolve(import.meta.dirname, "../../../shared/conformance");

export function listCases(): Case[] {
  if (!existsSync(CONFORMANCE)) return [];
  return globSync("*/*/case.json", { cwd: CONFORMANCE })
    .toSorted()
    .map((path) => {
      const text = readFileSync(join(CONFORMANCE, path), "utf8");
      return { ...JSON.parse(text), name: dirname(path), folder: join(CONFORMANCE, dirname(path)) };
    });
}

/** Versions whose whole content the case holds, beside the newest. */
export function expectedVersions({ folder }: Case): number[] {
  return globSync("expected/v*/table_content", { cwd: folder })
    .map((path) => Number(/v(\d+)/.exec(path)?.[1]))
    .toSorted((a, b) => a - b);
}
