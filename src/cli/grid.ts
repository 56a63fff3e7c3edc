/** Text in columns: words to the left, numbers to the right, cut to a width where there is one. */

import { cut, visible, widthOf } from "./character.ts";

export interface GridColumn {
  readonly title: string;
  readonly isNumber?: boolean;
}

/** null is shown as `null`, which a text of that name is not mistaken for where `style` marks it. */
export type GridCell = string | null;

export interface GridOptions {
  /** Of the terminal; as wide as needed by default. */
  readonly width?: number;
  readonly title?: (text: string) => string;
  readonly faint?: (text: string) => string;
}

export interface Grid {
  readonly text: string;
  /** Columns that found no room. */
  readonly hidden: readonly string[];
}

const GAP = "  ";
/** A text is not cut to less. */
const LEAST = 8;
/** No cell is shown longer than this where there is no width. */
const MOST = 10_000;

/** A line of titles, a rule, and a line for each row. */
export function renderGrid(
  columns: readonly GridColumn[],
  rows: readonly (readonly GridCell[])[],
  { width, title = same, faint = same }: GridOptions = {},
): Grid {
  const shown = rows.map((row) => row.map((cell) => visible(cut(cell ?? "null", width ?? MOST))));
  const titles = columns.map((column) => visible(column.title));
  const sizes = columns.map(({ isNumber }, index): Size => {
    const content = Math.max(0, ...shown.map((row) => widthOf(row[index] ?? "")));
    const natural = Math.max(content, widthOf(titles[index] ?? ""));
    return { natural, least: isNumber === true ? content : Math.min(natural, LEAST) };
  });
  const widths = fit(sizes, width);
  const line = (cells: readonly string[], paint: (text: string, index: number) => string): string =>
    widths
      .map((size, index) => {
        const cell = cut(cells[index] ?? "", size);
        const space = " ".repeat(Math.max(0, size - widthOf(cell)));
        const isLast = index === widths.length - 1;
        if (columns[index]?.isNumber === true) return space + paint(cell, index);
        return paint(cell, index) + (isLast ? "" : space);
      })
      .join(GAP)
      .trimEnd();
  const lines = [
    line(titles, title),
    faint(widths.map((size) => "-".repeat(size)).join(GAP)),
    ...shown.map((cells, row) =>
      line(cells, (text, index) => (rows[row]?.[index] === null ? faint(text) : text)),
    ),
  ];
  return { text: `${lines.join("\n")}\n`, hidden: titles.slice(widths.length) };
}

interface Size {
  readonly natural: number;
  /** A number is shown with all its digits or not at all. */
  readonly least: number;
}

/** Widths that fit: the widest columns give way first, and the last ones go where even that is not enough. */
function fit(sizes: readonly Size[], width: number | undefined): number[] {
  const capped = (count: number, cap: number): number[] =>
    sizes.slice(0, count).map(({ natural, least }) => Math.max(least, Math.min(natural, cap)));
  const total = (widths: readonly number[]): number =>
    widths.reduce((sum, size) => sum + size, GAP.length * (widths.length - 1));
  if (width === undefined) return capped(sizes.length, Number.POSITIVE_INFINITY);
  let count = sizes.length;
  while (count > 1 && total(capped(count, 0)) > width) count -= 1;
  let cap = width;
  while (cap > 0 && total(capped(count, cap)) > width) cap -= 1;
  return capped(count, cap).map((size) => Math.min(size, width));
}

function same(text: string): string {
  return text;
}
