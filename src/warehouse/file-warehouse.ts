/** The adapter for folders: a finished file appears under its name at once, whole, or the old one stays. */

import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import * as fs from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { type Crash, noCrash } from "../base/crash-point.ts";
import { MillraceError } from "../base/error.ts";
import { suggestWord } from "../base/suggest.ts";
import { ensureFolder, flushFile, flushFolder } from "../storage/durable.ts";
import type { Staging } from "../storage/storage.ts";
import { copyStatement, type FileDialect, type TitledField } from "./copy.ts";
import { safeFileName } from "./file-name.ts";
import { folderError } from "./folder-error.ts";
import { closeOutputStaging, openOutputStaging } from "./output-staging.ts";
import type { Output, RowSource, Warehouse, Written } from "./warehouse.ts";

export interface FileWarehouseOptions extends FileDialect {
  /** Absolute; made where it is missing. */
  readonly folder: string;
}

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * A file is written in a staging folder inside `folder`, flushed, and renamed; the crash points
 * `publish/written` and `publish/renamed` lie before and after. What dead processes left there is removed.
 */
export function createFileWarehouse(
  options: FileWarehouseOptions,
  crash: Crash = noCrash,
): Warehouse {
  const { folder, format } = options;
  return {
    async write(output, source) {
      const columns = await titledFields(output, source);
      const file = `${safeFileName(output.name)}.${format}`;
      try {
        await ensureFolder(folder, folder);
        await checkPlace(join(folder, file));
        const staging = await openOutputStaging(folder);
        try {
          const { query } = output;
          const written = await stage({ query, columns, source, options, staging });
          crash("publish/written");
          await fs.rename(written.path, join(folder, file));
          await flushFolder(folder);
          crash("publish/renamed");
          return { ...written, path: join(folder, file) };
        } finally {
          await closeOutputStaging(staging, folder);
        }
      } catch (error) {
        throw folderError(error, { folder, file });
      }
    },
  };
}

/** The columns to write, each of which the query has, under titles that differ in more than case. */
async function titledFields(
  { name, query, columns }: Output,
  source: RowSource,
): Promise<TitledField[]> {
  const fields = new Map((await source.describe(query)).map((field) => [field.name, field]));
  const wanted = columns ?? [...fields.keys()].map((column) => ({ name: column, title: column }));
  const seen = new Map<string, string>();
  return wanted.map((column) => {
    const field = fields.get(column.name);
    if (field === undefined) {
      throw new MillraceError(`${name} has no column "${column.name}" to write`, {
        code: "warehouse/unknown-column",
        hint: suggestWord(column.name, [...fields.keys()]),
      });
    }
    if (column.title.trim() === "" || column.title.includes("\0")) {
      throw new MillraceError(
        `The column "${column.name}" of ${name} has the title ${JSON.stringify(column.title)}`,
        { code: "warehouse/bad-title", hint: "A title has at least one letter that can be seen." },
      );
    }
    const twin = seen.get(column.title.toLowerCase());
    if (twin !== undefined) {
      throw new MillraceError(`Two columns of ${name} would be titled "${column.title}"`, {
        code: "warehouse/title-twice",
        hint: `Rename "${twin}" or "${column.name}": many readers do not tell upper from lower case.`,
      });
    }
    seen.set(column.title.toLowerCase(), column.name);
    return { field, title: column.title };
  });
}

async function checkPlace(path: string): Promise<void> {
  const found = await fs.stat(path).catch(() => undefined);
  if (found === undefined || found.isFile()) return;
  throw new MillraceError(`${path} is not a file, so it cannot be replaced by one`, {
    code: "warehouse/not-a-file",
    hint: "Give the output another name or folder, or move that away.",
  });
}

interface Staged {
  readonly query: string;
  readonly columns: readonly TitledField[];
  readonly source: RowSource;
  readonly options: FileWarehouseOptions;
  readonly staging: Staging;
}

/** Writes the file into the staging folder, finished and on the disk. */
async function stage({ query, columns, source, options, staging }: Staged): Promise<Written> {
  const copied = join(staging.folder, "copied");
  const [result] = await source.rows(copyStatement(query, columns, { ...options, path: copied }));
  const marked = options.bom && options.format === "csv";
  const path = marked ? join(staging.folder, "marked") : copied;
  const sha256 = marked ? await copyMarked(copied, path) : await hashOf(copied);
  await flushFile(path);
  const { size } = await fs.stat(path);
  return { path, rows: BigInt(String(result?.Count ?? 0)), sizeBytes: size, sha256 };
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const bytes of createReadStream(file)) hash.update(bytes);
  return hash.digest("hex");
}

/** DuckDB cannot begin a file with a byte order mark. */
async function copyMarked(from: string, to: string): Promise<string> {
  const hash = createHash("sha256").update(BYTE_ORDER_MARK);
  async function* marked(): AsyncGenerator<Buffer> {
    yield BYTE_ORDER_MARK;
    for await (const bytes of createReadStream(from) as AsyncIterable<Buffer>) {
      hash.update(bytes);
      yield bytes;
    }
  }
  await pipeline(marked, createWriteStream(to));
  return hash.digest("hex");
}
