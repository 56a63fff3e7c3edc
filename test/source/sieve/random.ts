/** Chances of one seed. */

import { seededRandom } from "../../storage/seed.ts";

export interface Random {
  /** From 0 to one less than that. */
  below(count: number): number;
  pick<T>(from: readonly T[]): T;
}

export function newRandom(seed: number): Random {
  const next = seededRandom(seed);
  const below = (count: number): number => Math.floor(next() * count);
  return { below, pick: <T>(from: readonly T[]): T => from[below(from.length)] as T };
}
