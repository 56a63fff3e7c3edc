/** A process that opens a table in one way, and says what that took apart from its own start. */

import { createHash } from "node:crypto";
import { openScan, openSnapshot } from "../../src/delta/table.ts";
import { createDuckDB } from "../../src/engine/duckdb.ts";
import { localStorage } from "../../src/storage/local.ts";

const [how = "", folder = "", day = ""] = process.argv.slice(2);

const engine = await createDuckDB({ threads: 2 });
const clock = { now: () => new Date(), sleep: async () => {} };
const context = { storage: localStorage(folder), parquet: engine, clock };
const cpuBefore = process.cpuUsage();
const began = performance.now();
const paths = await open();
const wallMs = performance.now() - began;
const { user, system } = process.cpuUsage(cpuBefore);
const names = paths.map((path) => path.slice(path.lastIndexOf("/") + 1)).toSorted();
const hash = createHash("sha256").update(names.join("\n")).digest("hex");
const cpuMs = (user + system) / 1000;
process.stdout.write(JSON.stringify({ wallMs, cpuMs, files: names.length, hash }));
engine.close();

async function open(): Promise<readonly string[]> {
  switch (how) {
    case "nothing":
      return [];
    case "whole":
      return (await openSnapshot(context, ""))?.files.map(({ path }) => path) ?? [];
    case "day": {
      const scan = await openScan(context, "", [{ column: "day", op: "=", value: day }]);
      return scan?.table.files.map(({ path }) => path) ?? [];
    }
    default:
      throw new Error(`no way to open a table: ${how}`);
  }
}
