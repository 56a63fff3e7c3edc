/** An ECharts option drawn as PNG, with the shipped font and no other. */

import { FONT_FILES } from "./font.ts";
import type { Size } from "./frame.ts";
import type { ChartOption } from "./option.ts";
import { renderSvg } from "./render-svg.ts";

export interface PngSize extends Size {
  /** Pixels of the file for each pixel of the layout; 2 by default, sharp on today's screens. */
  readonly scale?: number;
}

/** The bytes of a PNG of `width * scale` by `height * scale` pixels. */
export async function renderPng(
  option: ChartOption,
  { width, height, scale = 2 }: PngSize,
): Promise<Uint8Array> {
  const [svg, { renderAsync }] = await Promise.all([
    renderSvg(option, { width, height }),
    import("@resvg/resvg-js"),
  ]);
  const image = await renderAsync(svg, {
    fitTo: { mode: "zoom", value: scale },
    font: { loadSystemFonts: false, fontFiles: [...FONT_FILES], defaultFontFamily: "Roboto" },
    logLevel: "off",
  });
  return image.asPng();
}
