/** The shipped font: where its files lie and how wide it sets a text, read from the TrueType tables themselves. */

import { readFile } from "node:fs/promises";
import { packagePath } from "../base/package.ts";

const REGULAR = fontFile("Roboto-Regular.ttf");
const MEDIUM = fontFile("Roboto-Medium.ttf");
export const FONT_FILES: readonly string[] = [REGULAR, MEDIUM];

export interface Font {
  /** Width of one line of text, in the unit of `sizePx`; kerning left aside. */
  widthOf(text: string, sizePx: number): number;
}

/** Both weights of the shipped font. */
export async function loadFonts(): Promise<{ readonly regular: Font; readonly medium: Font }> {
  const [regular, medium] = await Promise.all([readFile(REGULAR), readFile(MEDIUM)]);
  return { regular: parseFont(regular), medium: parseFont(medium) };
}

/** The metrics in a TrueType file (OpenType specification: table directory, head, hhea, hmtx, cmap format 4). */
function parseFont(bytes: Uint8Array): Font {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tables = tablesOf(view);
  const unitsPerEm = view.getUint16(tables("head") + 18);
  const advanceCount = view.getUint16(tables("hhea") + 34);
  const advances = tables("hmtx");
  const glyphs = glyphsOf(view, tables("cmap"));
  const advanceOf = (glyph: number): number =>
    view.getUint16(advances + 4 * Math.min(glyph, advanceCount - 1));
  return {
    widthOf(text, sizePx) {
      let units = 0;
      for (const character of text) {
        const glyph = glyphs.get(character.codePointAt(0) ?? 0);
        // What the font lacks is drawn by another one, if at all: most such scripts are one em wide.
        units += glyph === undefined ? unitsPerEm : advanceOf(glyph);
      }
      return (units * sizePx) / unitsPerEm;
    },
  };
}

function fontFile(name: string): string {
  return packagePath(`assets/font/${name}`);
}

function tablesOf(view: DataView): (tag: string) => number {
  const offsets = new Map<string, number>();
  for (let at = 12; at < 12 + 16 * view.getUint16(4); at += 16) {
    const tag = String.fromCharCode(...[0, 1, 2, 3].map((byte) => view.getUint8(at + byte)));
    offsets.set(tag, view.getUint32(at + 8));
  }
  return (tag) => {
    const offset = offsets.get(tag);
    if (offset === undefined) throw new Error(`Bug: the shipped font has no ${tag} table`);
    return offset;
  };
}

/** The glyph of each code point below 65,536, from the Windows Unicode table. */
function glyphsOf(view: DataView, cmap: number): Map<number, number> {
  const glyphs = new Map<number, number>();
  const table = unicodeTable(view, cmap);
  const twice = view.getUint16(table + 6);
  const starts = table + 16 + twice;
  for (let segment = 0; segment < twice; segment += 2) {
    const end = view.getUint16(table + 14 + segment);
    const start = view.getUint16(starts + segment);
    const delta = view.getUint16(starts + twice + segment);
    const rangeAt = starts + 2 * twice + segment;
    const range = view.getUint16(rangeAt);
    for (let code = start; code <= end && code < 0xffff; code++) {
      const found = range === 0 ? code : view.getUint16(rangeAt + range + 2 * (code - start));
      const glyph = found === 0 ? 0 : (found + delta) & 0xffff;
      if (glyph !== 0) glyphs.set(code, glyph);
    }
  }
  return glyphs;
}

function unicodeTable(view: DataView, cmap: number): number {
  for (let at = cmap + 4; at < cmap + 4 + 8 * view.getUint16(cmap + 2); at += 8) {
    const table = cmap + view.getUint32(at + 4);
    const isWindowsUnicode = view.getUint16(at) === 3 && view.getUint16(at + 2) === 1;
    if (isWindowsUnicode && view.getUint16(table) === 4) return table;
  }
  throw new Error("Bug: the shipped font has no Unicode table of format 4");
}
