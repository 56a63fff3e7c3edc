/** Amounts of bytes as people write them: "500 MB", "20 GB", "1 GiB". */

import { MillraceError } from "./error.ts";

const BYTES_PER_UNIT: ReadonlyMap<string, number> = new Map([
  ["B", 1],
  ["KB", 1e3],
  ["MB", 1e6],
  ["GB", 1e9],
  ["TB", 1e12],
  ["KIB", 2 ** 10],
  ["MIB", 2 ** 20],
  ["GIB", 2 ** 30],
  ["TIB", 2 ** 40],
]);

/** Whole bytes; anything else than a number and a unit throws `size/unreadable`. */
export function parseSize(text: string): number {
  const [, amount, unit = ""] = /^(\d+(?:\.\d+)?) ?([KMGT]?i?B)$/i.exec(text) ?? [];
  const bytes = Math.round(Number(amount) * (BYTES_PER_UNIT.get(unit.toUpperCase()) ?? Number.NaN));
  if (!Number.isSafeInteger(bytes)) {
    throw new MillraceError(`"${text}" is not an amount of bytes`, {
      code: "size/unreadable",
      hint: 'Write a number and one of B, KB, MB, GB, TB, KiB, MiB, GiB, TiB, such as "20 GB".',
    });
  }
  return bytes;
}
