/** What a part of `npm run bench -- lake` is: work in turns, with equal results checked first, and targets it is held to. */

import type { Usage } from "../measure/process.ts";
import type { Peer } from "./peer.ts";

/** One file `bench/lake/NAME.ts` exports one; `bench/lake.bench.ts` lists them all. */
export interface Part {
  /** Chosen by `--part NAME`. */
  readonly name: string;
  /** What is measured, as one sentence. */
  readonly what: string;
  /** Throws where two contenders come to different results; a number of a wrong result is none. */
  run(bench: Bench): Promise<PartResult>;
}

/** What a part is given. */
export interface Bench {
  /** Kept between runs: what is made once by seed goes in a folder of its own in it. */
  readonly cache: string;
  /** Empty, on the disk that is measured, removed afterwards. */
  readonly folder: string;
  readonly rounds: number;
  /** 1 by default; a test runs parts with thousandths of their size, where numbers mean nothing. */
  readonly scale: number;
  /** Undefined where Millrace is measured alone. */
  findPeer(): Promise<Peer | undefined>;
  say(line: string): void;
}

export interface PartResult {
  readonly lines: readonly Line[];
  readonly targets: readonly Target[];
  /** Whatever else is worth keeping in `bench/results/lake.json`. */
  readonly details?: unknown;
}

/** One contender, or one thing it does. */
export interface Line {
  readonly what: string;
  /** Medians. */
  readonly usage: Usage;
  /** Beside time: `1,234 commits/s`. */
  readonly note?: string;
}

export interface Target {
  readonly what: string;
  readonly found: string;
  readonly wanted: string;
  readonly met: boolean;
}
