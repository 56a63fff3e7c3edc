/** The colours of charts: calm, and told apart by readers with any common colour blindness. */

/** Paul Tol's "bright" scheme (technical note SRON/EPS/TN/09-002), its grey darkened for contrast on white. */
const COLORS = [
  "#4477aa",
  "#ee6677",
  "#228833",
  "#ccbb44",
  "#66ccee",
  "#aa3377",
  "#8c8c8c",
] as const;

/** Beyond the scheme's seven colours lines are also dashed, then dotted. */
const LINES = ["solid", "dashed", "dotted"] as const;

/** More series cannot be told apart. */
export const MOST_SERIES = COLORS.length * LINES.length;

export const INK = {
  title: "#111827",
  text: "#374151",
  quiet: "#6b7280",
  axis: "#9ca3af",
  grid: "#e5e7eb",
  paper: "#ffffff",
} as const;

/** The colour of a series by its place; the second seven are darker, the third lighter. */
export function colorOf(index: number): string {
  const color = COLORS[index % COLORS.length] ?? INK.text;
  const round = Math.floor(index / COLORS.length) % LINES.length;
  if (round === 0) return color;
  return round === 1 ? mix(color, 0, 0.4) : mix(color, 255, 0.5);
}

export function lineOf(index: number): (typeof LINES)[number] {
  return LINES[Math.floor(index / COLORS.length) % LINES.length] ?? "solid";
}

/** The colour moved so far towards black (0) or white (255). */
function mix(color: string, target: number, share: number): string {
  const channels = [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
  const mixed = channels.map((channel) => Math.round(channel + (target - channel) * share));
  return `#${mixed.map((channel) => channel.toString(16).padStart(2, "0")).join("")}`;
}
