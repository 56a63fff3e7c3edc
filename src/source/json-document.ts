/** A JSON document of any size taken apart into its records, without building it in memory. */

import { readContent } from "./content.ts";
import type { FileProblem } from "./file-problem.ts";
import type { Compression } from "./file-source.ts";
import { type PathStep, parseRecordsPath } from "./json-path.ts";
import { JsonError, type JsonScanner, scanJson } from "./json-scanner.ts";
import { splitJson } from "./json-splitter.ts";
import { openRecordWriter, type StagingEngine } from "./staged-records.ts";

export interface Staged {
  /** A Parquet file as `openRecordWriter` makes it; undefined where the whole file has a problem. */
  readonly path: string | undefined;
  /** Rows that are records, and rows that say why there is none. */
  readonly records: number;
  readonly problems: number;
  readonly problem: FileProblem | undefined;
  /** The columns that every record has, where the format has a header. */
  readonly names?: readonly string[];
}

export interface JsonStaging {
  readonly compression?: Compression | undefined;
  /** As declared; undefined means the elements of an array, or the one object. */
  readonly records?: string | undefined;
  /** The fields of enclosing objects that are wanted, the nearest object first. */
  readonly enclosingFields?: readonly (readonly string[])[];
  readonly signal?: AbortSignal | undefined;
}

/** Writes the records as Parquet into the folder, in the order of the document. */
export async function stageJsonDocument(
  engine: StagingEngine,
  path: string,
  folder: string,
  { compression, records, enclosingFields = [], signal }: JsonStaging = {},
): Promise<Staged> {
  const steps = records === undefined ? undefined : parseRecordsPath(records);
  const writer = await openRecordWriter(engine, folder, levelsOf(steps, enclosingFields));
  try {
    const splitter = splitJson({ steps, enclosingFields, line: () => scanner.line(), writer });
    const scanner: JsonScanner = scanJson(splitter.events);
    for await (const piece of readContent(path, { compression, signal })) {
      splitter.beginPiece(piece);
      scanner.push(piece);
      splitter.endPiece();
      await writer.flush();
    }
    splitter.beginPiece(Buffer.alloc(0));
    scanner.finish();
    return { path: await writer.finish(), ...writer.counts, problem: undefined };
  } catch (error) {
    await writer.discard();
    if (!(error instanceof JsonError)) throw error;
    const message = `is no valid JSON: ${error.message} (line ${error.line}, column ${error.column})`;
    return {
      path: undefined,
      records: 0,
      problems: 0,
      problem: { rule: "file", message, line: error.line },
    };
  }
}

/** How many of the enclosing objects anything is asked of. */
function levelsOf(
  steps: readonly PathStep[] | undefined,
  asked: readonly (readonly string[])[],
): number {
  const objects = steps?.filter((step) => step.kind === "key").length ?? 0;
  return Math.min(objects, asked.findLastIndex((names) => names.length > 0) + 1);
}
