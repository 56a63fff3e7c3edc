/** Text in columns for a terminal: words to the left, numbers to the right. */

/** One line for the head, one for a rule, one for each row; a column is a number's where every cell of it looks like one. */
export function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const columns = head.map((title, index) => {
    const cells = rows.map((row) => row[index] ?? "");
    return {
      width: Math.max(...[title, ...cells].map((cell) => cell.length)),
      numeric:
        cells.some((cell) => cell !== "") && cells.every((cell) => /^[\d,. smh-]*$/.test(cell)),
    };
  });
  const line = (cells: readonly string[]) =>
    columns
      .map(({ width, numeric }, index) => {
        const cell = cells[index] ?? "";
        return numeric ? cell.padStart(width) : cell.padEnd(width);
      })
      .join("  ")
      .trimEnd();
  const rule = columns.map(({ width }) => "-".repeat(width));
  return [head, rule, ...rows].map((cells) => `${line(cells)}\n`).join("");
}

/** `12,345,678`. */
export function renderCount(count: bigint): string {
  return count.toLocaleString("en-US");
}

/** `0.4 s`, `12.0 s`, `3 m 05 s`. */
export function renderDuration(ms: number): string {
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} m ${String(seconds % 60).padStart(2, "0")} s`;
}
