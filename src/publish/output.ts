/** What an output was made of, remembered in `system.outputs`, so that it is made again only when that changed. */

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { relationOf } from "../lake/lake.ts";
import type { StepContext } from "../lake/step.ts";
import { appendRows } from "../lake/system-table.ts";
import { quoteText } from "../sql/quote.ts";
import type { Text } from "../sql/template.ts";

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
  /** The path as it may be remembered: a secret folder by the name of the secret. */
  readonly place: string;
}

/** The folder of an output as it may be remembered, absolute where it is no secret. */
export function placeOf(
  { root, text }: Pick<StepContext, "root" | "text">,
  folder: Text,
  file: string,
): string {
  const isSecret = typeof folder === "object" && folder.kind === "secret";
  return isSecret ? `${folder.from} ${folder.name}/${file}` : resolve(root, text(folder), file);
}

/** Why the output must be made again; undefined where the file is there as it was made of these ingredients. */
export async function outdatedBecause(
  { lake }: Pick<StepContext, "lake">,
  name: string,
  { definition, input, path, place }: Ingredients,
): Promise<string | undefined> {
  const outputs = await lake.find("system.outputs");
  if (outputs === undefined) return "it is new";
  const made = await lake.engine.rows(
    `select definition, input, size, modified, sha256 from ${await relationOf(lake, outputs)} where asset = ${quoteText(name)} and path = ${quoteText(place)} order by recorded_at desc`,
  );
  const [last] = made;
  if (last === undefined) return "it is new";
  const same = made.filter((row) => row.definition === definition && row.input === input);
  if (same.length === 0) {
    return last.definition === definition
      ? "its table has a new version"
      : "its definition or a parameter changed";
  }
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return "the file is gone";
  const equal = same.filter((row) => Number(row.size) === found.size);
  if (equal.some((row) => row.modified === found.mtimeMs)) return undefined;
  // Copied or restored, it may still be the same file.
  const sha256 = equal.length === 0 ? undefined : await hashOfFile(path);
  return equal.some((row) => row.sha256 === sha256)
    ? undefined
    : "the file was changed by somebody else";
}

export async function rememberOutput(
  { lake, run }: StepContext,
  name: string,
  { definition, input, place }: Ingredients,
  made: Made,
): Promise<void> {
  const { mtimeMs } = await stat(made.path);
  const row = {
    run: run.id,
    asset: name,
    definition,
    input,
    path: place,
    rows: made.rows,
    size: made.sizeBytes,
    modified: mtimeMs,
    sha256: made.sha256,
    recorded_at: lake.clock.now().toISOString(),
  };
  await appendRows(lake, "system.outputs", [row]);
}

export function hashOf(parts: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 32);
}

async function hashOfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
