/** The allowed word that a wrong one was probably meant to be. */

/** The allowed word nearest to `word`, or undefined where none is near enough to be a slip of the keyboard. */
export function nearestWord(word: string, allowed: Iterable<string>): string | undefined {
  const wanted = word.toLowerCase();
  let nearest: string | undefined;
  let best = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of allowed) {
    const distance = editDistance(wanted, candidate.toLowerCase(), best);
    if (distance < best) {
      nearest = candidate;
      best = distance;
    }
  }
  return nearest;
}

/** A hint for a wrong word: the nearest allowed one first, then all of them. */
export function suggestWord(word: string, allowed: readonly string[]): string {
  const nearest = nearestWord(word, allowed);
  const all = allowed.length === 0 ? "Nothing is allowed here." : `Allowed: ${allowed.join(", ")}.`;
  return nearest === undefined ? all : `Did you mean "${nearest}"? ${all}`;
}

/** Insertions, deletions, replacements and swaps of neighbours; `limit` where there are at least so many. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, replaced);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
      }
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return Math.min(last[b.length] ?? limit, limit);
}
