/** Chance that comes again: numbers by seed. */

export interface Chance {
  /** A whole number from 0 to below `below`. */
  below(below: number): number;
  /** True once in `n`. */
  oneIn(n: number): boolean;
  /** One of the list, which is not empty. */
  of<T>(list: readonly T[]): T;
}

/** Marsaglia's xorshift of 32 bits. */
export function chanceFrom(seed: number): Chance {
  // Small seeds lie close together, and zero would stay zero.
  let state = Math.imul(seed + 1, 0x9e3779b1) | 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
  for (let warm = 0; warm < 8; warm += 1) next();
  const below = (limit: number): number => next() % limit;
  return {
    below,
    oneIn: (n) => below(n) === 0,
    of: (list) => list[below(list.length)] as (typeof list)[number],
  };
}

/** A seed that nobody chose. */
export function anySeed(): number {
  return Math.floor(Math.random() * 2 ** 31);
}
