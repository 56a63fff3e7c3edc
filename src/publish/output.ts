/** What an output was made of, remembered in `system.outputs`, so that it is made again only when that changed. */

import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { relationOf } from "../lake/lake.ts";
import type { StepContext } from "../lake/step.ts";
import { appendRows } from "../lake/system-table.ts";
import { quoteText } from "../sql/quote.ts";

export interface Made {
  readonly path: string;
  readonly rows: bigint;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** What decides the content of an output: its own definition and the versions of the tables it shows. */
export interface Ingredients {
  readonly definition: string;
  readonly input: string;
  /** Absolute. */
  readonly path: string;
}

/** Why the output must be made again; undefined where the file is there as it was made. */
export async function outdatedBecause(
  { lake }: Pick<StepContext, "lake">,
  name: string,
  { definition, input, path }: Ingredients,
): Promise<string | undefined> {
  const outputs = await lake.find("system.outputs");
  if (outputs === undefined) return "it is new";
  const [last] = await lake.engine.rows(
    `select definition, input, path, size from ${await relationOf(lake, outputs)} where asset = ${quoteText(name)} and path = ${quoteText(path)} order by "at" desc limit 1`,
  );
  if (last === undefined) return "it is new";
  if (last.definition !== definition) return "its definition or a parameter changed";
  if (last.input !== input) return "its table has a new version";
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return "the file is gone";
  return found.size === Number(last.size) ? undefined : "the file was changed by somebody else";
}

export async function rememberOutput(
  { lake, run }: StepContext,
  name: string,
  { definition, input }: Ingredients,
  made: Made,
): Promise<void> {
  const row = {
    run: run.id,
    asset: name,
    definition,
    input,
    path: made.path,
    rows: made.rows,
    size: made.sizeBytes,
    sha256: made.sha256,
    at: lake.clock.now().toISOString(),
  };
  await appendRows(lake, "system.outputs", [row]);
}

export function hashOf(parts: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 32);
}
