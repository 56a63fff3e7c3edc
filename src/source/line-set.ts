/** A set of line numbers, one bit each. */

export interface LineSet {
  has(line: number): boolean;
  add(line: number): void;
}

const LEAST_BYTES = 1024;

export function createLineSet(): LineSet {
  let bits = new Uint8Array(LEAST_BYTES);
  return {
    has: (line) => ((bits[Math.floor(line / 8)] ?? 0) & (1 << (line % 8))) !== 0,
    add(line) {
      const at = Math.floor(line / 8);
      if (at >= bits.length) {
        const wider = new Uint8Array(Math.max(at + 1, 2 * bits.length));
        wider.set(bits);
        bits = wider;
      }
      bits[at] = (bits[at] ?? 0) | (1 << (line % 8));
    },
  };
}
