/** Spark as a peer: good rows into one Delta table, and what it could not read into another. */

import { readFile } from "node:fs/promises";
import { startSpark } from "../../scripts/stack/spark.ts";
import { askWorker } from "../../scripts/stack/worker.ts";
import type { Usage } from "../measure/process.ts";
import { COLUMNS, type Format } from "./order.ts";

/** Linux counts the time of a process in hundredths of a second. */
const TICK_MS = 10;

const OPTIONS: Readonly<Record<Format, string>> = {
  csv: `header 'true', escape '"', `,
  ndjson: "",
};

/** Of the statements alone: the engine was started, and had run one, before. */
export async function loadWithSpark(format: Format, file: string, table: string): Promise<Usage> {
  const { socket, pid, stop } = await startSpark();
  const run = (sql: string): Promise<unknown> => askWorker(socket, { sql });
  try {
    // Letters for a number are no value of the column, but all columns must be asked for: else rows that are bad in others pass.
    const columns = Object.keys(COLUMNS).join(", ");
    const schema = `${Object.entries(COLUMNS).map(sparkColumn).join(", ")}, _corrupt_record string`;
    const options = `${OPTIONS[format]}path '${file}', mode 'PERMISSIVE', columnNameOfCorruptRecord '_corrupt_record'`;
    await run("SELECT 1");
    const before = await processorMs(pid);
    const began = performance.now();
    await run(
      `CREATE TEMPORARY VIEW orders (${schema}) USING ${format === "csv" ? "csv" : "json"} OPTIONS (${options})`,
    );
    await run(
      `CREATE TABLE delta.\`${table}\` USING delta AS SELECT ${columns} FROM orders WHERE _corrupt_record IS NULL`,
    );
    await run(
      `CREATE TABLE delta.\`${table}_bad\` USING delta AS SELECT * FROM orders WHERE _corrupt_record IS NOT NULL`,
    );
    const wallMs = performance.now() - began;
    return { wallMs, cpuMs: (await processorMs(pid)) - before, peakBytes: await peakBytes(pid) };
  } finally {
    await stop();
  }
}

function sparkColumn([name, type]: readonly [string, string]): string {
  const types: Readonly<Record<string, string>> = { varchar: "string", timestamp: "timestamp_ntz" };
  return `${name} ${types[type] ?? type}`;
}

async function processorMs(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8");
  // The name of the program, in brackets, may hold anything.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

async function peakBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1]) * 1024;
}
