/** The rows of a query as one file, which is there whole or not at all. */

import { createWriteStream } from "node:fs";
import { rename, rmdir, stat } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { MillraceError } from "../base/error.ts";
import { nearestWord } from "../base/suggest.ts";
import { ensureFolder, flushFile, flushFolder } from "../storage/durable.ts";
import { openLocalStaging, STAGING } from "../storage/staging.ts";
import { copyStatement } from "../warehouse/copy.ts";
import { folderError } from "../warehouse/folder-error.ts";
import type { Query } from "./query.ts";
import { readLines } from "./rows.ts";

const FORMATS: ReadonlyMap<string, "csv" | "json" | "ndjson" | "parquet"> = new Map([
  [".csv", "csv"],
  [".json", "json"],
  [".ndjson", "ndjson"],
  [".jsonl", "ndjson"],
  [".parquet", "parquet"],
]);

export interface Exported {
  /** Absolute. */
  readonly file: string;
  readonly rows: bigint;
  readonly size: number;
}

/** Throws `query/bad-file` where the ending of the name says nothing. */
export function checkFile(file: string): void {
  formatOf(file);
}

/**
 * Writes the file in a staging folder beside it, flushes it and renames it. Values are exactly what the table holds:
 * no text is changed for a spreadsheet's sake.
 */
export async function exportRows(query: Query, file: string): Promise<Exported> {
  const format = formatOf(file);
  const folder = dirname(file);
  try {
    await ensureFolder(folder, folder);
    await checkPlace(file);
    const staging = await openLocalStaging(folder);
    try {
      const copied = join(staging.folder, "copied");
      const fields = query.fields.map((field) => ({ field, title: field.name }));
      const dialect = { nulls: "", bom: false, formulas: "keep" } as const;
      const statement = copyStatement(`from ${query.relation}`, fields, {
        ...dialect,
        format: format === "json" ? "ndjson" : format,
        path: copied,
      });
      const [result] = await query.session.rows(statement).catch((error: unknown) => {
        throw query.explain(error, statement);
      });
      const path = format === "json" ? await wrap(copied, join(staging.folder, "array")) : copied;
      await flushFile(path);
      const { size } = await stat(path);
      await rename(path, file);
      await flushFolder(folder);
      return { file, rows: BigInt(String(result?.Count ?? 0)), size };
    } finally {
      await staging.close();
      await rmdir(join(folder, STAGING)).catch(() => {});
    }
  } catch (error) {
    throw folderError(error, { folder, file: basename(file) });
  }
}

function formatOf(file: string): "csv" | "json" | "ndjson" | "parquet" {
  const ending = extname(file).toLowerCase();
  const format = FORMATS.get(ending);
  if (format !== undefined) return format;
  const known = [...FORMATS.keys()];
  const near = nearestWord(ending, known);
  throw new MillraceError(`The name ${JSON.stringify(file)} does not say what to write`, {
    code: "query/bad-file",
    hint: `${near === undefined ? "" : `Did you mean ${near}? `}A name ends in one of ${known.join(", ")}.`,
  });
}

async function checkPlace(file: string): Promise<void> {
  const found = await stat(file).catch(() => undefined);
  if (found === undefined || found.isFile()) return;
  throw new MillraceError(`${file} is not a file, so it cannot be replaced by one`, {
    code: "warehouse/not-a-file",
    hint: "Give another name, or move that away.",
  });
}

/** Lines of objects to one array of them. */
async function wrap(from: string, to: string): Promise<string> {
  async function* pieces(): AsyncGenerator<string> {
    let before = "[\n";
    for await (const lines of readLines(from)) {
      yield before + lines.join(",\n");
      before = ",\n";
    }
    yield before === "[\n" ? "[]\n" : "\n]\n";
  }
  await pipeline(pieces, createWriteStream(to));
  return to;
}
