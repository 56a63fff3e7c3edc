/** Made files of orders, kept from one measurement to the next. */

import {
  access,
  mkdir,
  mkdtemp,
  readFile,
  rename,
  rm,
  stat,
  utimes,
  writeFile,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { COLUMNS, type Format, hashOfRows, lines, orders } from "./order.ts";

/** Changes with what the files hold. */
const VERSION = 1;

export interface OrderFiles {
  readonly rows: number;
  readonly good: number;
  /** Of the good rows, as the maker knows them. */
  readonly hash: string;
  readonly paths: Readonly<Record<Format, string>>;
  readonly bytes: Readonly<Record<Format, number>>;
}

interface Manifest {
  readonly good: number;
  readonly hash: string;
}

/** Makes the files below `cache` unless they are there; the same rows and seed give the same bytes. */
export async function orderFiles(
  cache: string,
  { rows, seed }: { readonly rows: number; readonly seed: number },
): Promise<OrderFiles> {
  const folder = join(cache, `orders-v${VERSION}-seed${seed}-rows${rows}`);
  const isThere = await access(folder).then(
    () => true,
    () => false,
  );
  if (!isThere) await make(folder, rows, seed);
  const manifest = JSON.parse(await readFile(join(folder, "manifest.json"), "utf8")) as Manifest;
  const paths = { csv: join(folder, "orders.csv"), ndjson: join(folder, "orders.ndjson") };
  const bytes = { csv: (await stat(paths.csv)).size, ndjson: (await stat(paths.ndjson)).size };
  return { rows, ...manifest, paths, bytes };
}

async function make(folder: string, rows: number, seed: number): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  const made = await mkdtemp(`${folder}-`);
  const instance = await DuckDBInstance.create(":memory:", { threads: "2", memory_limit: "2GB" });
  const connection = await instance.connect();
  try {
    const header = Object.keys(COLUMNS).join(",");
    for (const format of ["csv", "ndjson"] as const) {
      const path = join(made, `orders.${format}`);
      const query = `select line as "${header}" from (${lines(format, rows, seed)})`;
      await connection.run(
        `copy (${query}) to '${path}' (format csv, header ${format === "csv"}, delimiter '\x01', quote '', escape '')`,
      );
      // A file that was written just now is one that Millrace waits for.
      await utimes(path, 1_700_000_000, 1_700_000_000);
    }
    const good = `(from (${orders(rows, seed)}) where flaw is null)`;
    const [[count, hash] = []] = (
      await connection.runAndReadAll(hashOfRows(good, "typed"))
    ).getRows();
    const manifest: Manifest = { good: Number(count), hash: String(hash) };
    await writeFile(join(made, "manifest.json"), JSON.stringify(manifest));
    await rename(made, folder);
  } finally {
    instance.closeSync();
    await rm(made, { recursive: true, force: true });
  }
}
