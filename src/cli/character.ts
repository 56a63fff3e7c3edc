/** How text looks on a terminal: its width in cells, and characters that would do something there made visible. */

const PLAIN = /^[\x20-\x7e]*$/;
/** Controls, line separators, marks that turn the direction of writing, and halves of pairs. */
const UNSAFE = /[\p{Cc}\p{Cs}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;
const WIDE =
  /^(?:[\u1100-\u115f\u2e80-\u303e\u3041-\u4dbf\u4e00-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1faff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|.\ufe0f)/u;
const EMPTY = /^[\p{Mn}\p{Me}\p{Cf}]+$/u;

const NAMES: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

let segmenter: Intl.Segmenter | undefined;

/** What a person takes for one character each. */
function segments(text: string): Intl.Segments {
  // It takes longer to make than all else that a short command does.
  segmenter ??= new Intl.Segmenter("en", { granularity: "grapheme" });
  return segmenter.segment(text);
}

/** One line that a terminal shows as it is: a line break becomes `\n`, an escape `\u001b`. */
export function visible(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.replace(UNSAFE, escaped);
}

/** The same for text of several lines. */
export function visibleLines(text: string): string {
  return text.split("\n").map(visible).join("\n");
}

/** A cell of tab-separated text: what is cut apart by tabs and lines can be put together again. */
export function tabbed(text: string): string {
  if (!/[\\\p{Cc}]/u.test(text)) return text;
  return text.replaceAll("\\", "\\\\").replace(/\p{Cc}/gu, escaped);
}

/** In cells of a terminal; Chinese characters and most emoji take two. */
export function widthOf(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const { segment } of segments(text)) width += widthOfSegment(segment);
  return width;
}

/** The text cut to so many cells, with `…` where something is missing. */
export function cut(text: string, width: number): string {
  // What is far too long is not measured.
  const head = text.length > width * 8 + 64 ? text.slice(0, width * 8 + 64) : text;
  if (head === text && widthOf(head) <= width) return head;
  let kept = "";
  let used = 0;
  for (const { segment } of segments(head)) {
    used += widthOfSegment(segment);
    if (used > width - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

function widthOfSegment(segment: string): number {
  if (EMPTY.test(segment)) return 0;
  return WIDE.test(segment) ? 2 : 1;
}

function escaped(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16).padStart(4, "0");
  return NAMES[character] ?? `\\u${code}`;
}
