/** The programs that are measured: the engine alone, and Millrace as a person runs it. */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CHECKOUT } from "../measure/installed.ts";
import { type Measured, measureNode } from "../measure/process.ts";
import { type Contract, projectOf } from "./contract.ts";
import type { Format } from "./order.ts";

const RAW = fileURLToPath(new URL("./raw-process.ts", import.meta.url));
const TRACE = fileURLToPath(new URL("./trace-process.ts", import.meta.url));

export interface Work {
  /** Where the package lies whose `millrace` is run. */
  readonly root: string;
  readonly format: Format;
  readonly file: string;
  /** An empty folder that the program may fill. */
  readonly folder: string;
  /** As the engine writes it: `1GB`. */
  readonly memoryLimit: string;
  readonly threads: number;
}

/** The Parquet file that the engine alone leaves behind. */
export function rawFile(folder: string): string {
  return join(folder, "orders.parquet");
}

/** The lake that Millrace leaves behind. */
export function lakeOf(folder: string): string {
  return join(folder, "lake");
}

export function runRaw(work: Work, types: "typed" | "text"): Promise<Measured> {
  return measureNode([RAW, work.format, work.file, rawFile(work.folder), types], limits(work));
}

export function runMillrace(work: Work, contract: Contract): Promise<Measured> {
  const project = ["--project", projectOf(work.root, work.format, contract)];
  const lake = ["--lake", lakeOf(work.folder), "--param", `file=${work.file}`, "--json"];
  return measureNode(
    [join(work.root, "bin", "millrace"), "run", ...project, ...lake],
    limits(work),
  );
}

/** The same run with its time told by stage. */
export function traceMillrace(work: Work, contract: Contract): Promise<Measured> {
  const args = [projectOf(CHECKOUT, work.format, contract), lakeOf(work.folder), work.file];
  return measureNode(["--conditions=millrace-source", TRACE, ...args], limits(work));
}

function limits({ memoryLimit, threads }: Work): Record<string, string> {
  return { MILLRACE_MEMORY_LIMIT: memoryLimit, MILLRACE_THREADS: String(threads) };
}
