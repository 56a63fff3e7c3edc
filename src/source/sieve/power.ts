/** Powers of five as the kernel multiplies by them: `kernel/sieve/double.ts` says what for, and its source. */

const LEAST = -130;
const MOST = 130;
const ENTRY_BYTES = 16;
const BITS = 128n;
/** 5 to this power has no more than 64 bits. */
const MOST_EXACT = 27;

export const POWERS_BYTES = (MOST - LEAST + 1) * ENTRY_BYTES;

/** 128 bits of each, the first of them set, the upper half in front. */
export function writePowers(view: DataView, at: number): void {
  for (let power = LEAST; power <= MOST; power++) {
    const bits = power < 0 ? bitsOfInverse(-power) : firstBits(5n ** BigInt(power));
    const place = at + (power - LEAST) * ENTRY_BYTES;
    view.setBigUint64(place, bits >> 64n, true);
    view.setBigUint64(place + 8, BigInt.asUintN(64, bits), true);
  }
}

/** Rounded up, and cut only afterwards where it is of more than 64 bits, as the proof of the algorithm wants it. */
function bitsOfInverse(power: number): bigint {
  const value = 5n ** BigInt(power);
  const length = lengthOf(value);
  const isSmall = power <= MOST_EXACT;
  return firstBits(2n ** (isSmall ? length + BITS - 1n : 2n * length + BITS) / value + 1n);
}

function firstBits(value: bigint): bigint {
  const length = lengthOf(value);
  return length > BITS ? value >> (length - BITS) : value << (BITS - length);
}

function lengthOf(value: bigint): bigint {
  return BigInt(value.toString(2).length);
}
