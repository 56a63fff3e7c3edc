/** A process that runs queries over Delta tables, or over their bare files, and says what each took and gave. */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { openScan } from "../../src/delta/table.ts";
import { createDuckDB } from "../../src/engine/duckdb.ts";
import { quoteText } from "../../src/sql/quote.ts";
import { localStorage } from "../../src/storage/local.ts";

const [how = "", lake = "", tables = "", queries = ""] = process.argv.slice(2);

const engine = await createDuckDB({ threads: 2, memoryLimit: "4GB" });
const clock = { now: () => new Date(), sleep: async () => {} };
const context = { storage: localStorage(lake), parquet: engine, clock };

/** The bare files are found before the clock starts: whoever has files knows their names. */
const files = new Map<string, string[]>();
for (const table of tables.split(",")) {
  const scan = await openScan(context, table, []);
  files.set(table, scan?.table.files.map(({ path }) => path) ?? []);
}

interface Taken {
  readonly name: string;
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly hash: string;
}
const taken: Taken[] = [];

async function measure(name: string, work: () => Promise<string>): Promise<void> {
  const before = process.cpuUsage();
  const began = performance.now();
  const hash = await work();
  const wallMs = performance.now() - began;
  const { user, system } = process.cpuUsage(before);
  taken.push({ name, wallMs, cpuMs: (user + system) / 1000, hash });
}

await measure("open", async () => {
  for (const [table, paths] of files) {
    await engine.run(`CREATE VIEW ${table} AS SELECT * FROM ${await relationOf(table, paths)}`);
  }
  return "";
});
for (const path of queries.split(",")) {
  const query = readFileSync(path, "utf8").replace(/;\s*$/, "");
  await measure(path.slice(-7, -4), async () => {
    const rows = (await engine.rows(query)).map((row) => Object.values(row).map(plain).join("|"));
    return createHash("sha256").update(rows.toSorted().join("\n")).digest("hex");
  });
}
process.stdout.write(JSON.stringify(taken));
engine.close();

async function relationOf(table: string, paths: readonly string[]): Promise<string> {
  if (how === "files") return `read_parquet([${paths.map(quoteText).join(", ")}])`;
  const scan = await openScan(context, table, []);
  if (scan === undefined) throw new Error(`no table ${table}`);
  return engine.relation(scan.table);
}

/** Sums of floating-point numbers depend on the order in which threads came by. */
function plain(value: unknown): string {
  return typeof value === "number" ? value.toPrecision(6) : String(value);
}
