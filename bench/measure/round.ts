/** Contenders measured in turn, so that what else the machine does in the meantime meets all of them alike. */

import type { Usage } from "./process.ts";

/** Each once to warm up, then each once per round: A B A B A B. */
export async function takeTurns<Name extends string>(
  rounds: number,
  contenders: Readonly<Record<Name, () => Promise<Usage>>>,
): Promise<Record<Name, readonly Usage[]>> {
  const entries = Object.entries(contenders) as [Name, () => Promise<Usage>][];
  const taken = Object.fromEntries(entries.map(([name]) => [name, []])) as unknown as Record<
    Name,
    Usage[]
  >;
  for (const [, run] of entries) await run();
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, run] of entries) taken[name].push(await run());
  }
  return taken;
}

/** The median of each number by itself. */
export function medianUsage(usages: readonly Usage[]): Usage {
  return {
    wallMs: median(usages.map(({ wallMs }) => wallMs)),
    cpuMs: median(usages.map(({ cpuMs }) => cpuMs)),
    peakBytes: median(usages.map(({ peakBytes }) => peakBytes)),
  };
}

/** The median of what one contender takes as a share of what the other does in the same round. */
export function medianShare(
  one: readonly Usage[],
  other: readonly Usage[],
  of: (usage: Usage) => number,
): number {
  return median(
    one.flatMap((usage, round) => {
      const beside = other[round];
      return beside === undefined ? [] : [of(usage) / of(beside)];
    }),
  );
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
  return (lower + upper) / 2;
}
