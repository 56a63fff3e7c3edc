/** Counts, sizes, times and ages in words for people. */

const SIZES = ["B", "kB", "MB", "GB", "TB", "PB"] as const;

/** `12,345,678`. */
export function countText(count: bigint | number): string {
  // What Node knows of languages takes longer to load than most commands take.
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `812 B`, `1.2 MB`: powers of 1000. */
export function sizeText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < SIZES.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.5 ? 0 : 1;
  return `${value.toFixed(digits)} ${SIZES[unit]}`;
}

/** `0.4 s`, `12.0 s`, `3 min 05 s`. */
export function durationText(ms: number): string {
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
}

const AGES: readonly (readonly [string, number])[] = [
  ["day", 86_400],
  ["h", 3600],
  ["min", 60],
];

/** `3 min ago`, `2 days ago`; a time to come is told as now. */
export function ageText(then: Date, now: Date): string {
  const seconds = Math.max(0, (now.getTime() - then.getTime()) / 1000);
  for (const [unit, size] of AGES) {
    const count = Math.floor(seconds / size);
    if (count > 0) return `${count} ${unit}${unit === "day" && count > 1 ? "s" : ""} ago`;
  }
  return "just now";
}

/** `2026-03-01 12:00:05`, UTC. */
export function timeText(time: Date): string {
  return time.toISOString().slice(0, 19).replace("T", " ");
}

/** `1 row`, `2 rows`. */
export function plural(count: bigint | number, one: string, many: string = `${one}s`): string {
  return `${countText(count)} ${BigInt(count) === 1n ? one : many}`;
}
