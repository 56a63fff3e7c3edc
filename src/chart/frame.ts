/** What every chart has around its plot: title, notes, legend, grid and the look of axes. */

import type { EChartsOption } from "echarts";
import { colorOf, INK } from "./palette.ts";
import { cleanText, roughWidth } from "./text.ts";

/** The shipped font's own name; a page without it falls back to its sans-serif. */
const FONT_FAMILY = "Roboto, sans-serif";
/** The one weight shipped besides the regular one. */
const MEDIUM_WEIGHT = 500;

/** The size that a layout is chosen for; a page that is resized asks again. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

export const DEFAULT_SIZE: Size = { width: 960, height: 540 };

export interface Surroundings {
  readonly title: string | undefined;
  /** What a reader must know besides what is drawn: rows left out, and why. */
  readonly notes: readonly string[];
  /** Names of the series; a legend stands where there are two or more. */
  readonly series: readonly string[];
  readonly size: Size;
}

const MARGIN = 24;
const TITLE_PX = 20;
const NOTE_PX = 13;
export const LABEL_PX = 12;
const LEGEND_PX = 13;
const LEGEND_ITEM_PX = 16 + 6 + 18;

/** Everything but axes and series. The chart does not move: it is drawn the same each time. */
export function frame({ title, notes, series, size }: Surroundings): EChartsOption {
  const width = size.width - 2 * MARGIN;
  const text = cleanText(title ?? "");
  const note = notes.join("; ");
  const legend = series.length > 1 ? series : [];
  const titleHeight = lineCount(text, TITLE_PX, width) * 28 + lineCount(note, NOTE_PX, width) * 20;
  const legendTop = MARGIN - 4 + titleHeight + (titleHeight > 0 ? 8 : 0);
  return {
    animation: false,
    useUTC: true,
    backgroundColor: INK.paper,
    color: Array.from({ length: Math.max(series.length, 1) }, (_, index) => colorOf(index)),
    textStyle: { fontFamily: FONT_FAMILY, fontSize: LABEL_PX, color: INK.text },
    title: {
      show: titleHeight > 0,
      text,
      subtext: note,
      left: MARGIN,
      top: MARGIN - 4,
      padding: 0,
      itemGap: 8,
      textStyle: {
        fontFamily: FONT_FAMILY,
        fontSize: TITLE_PX,
        fontWeight: MEDIUM_WEIGHT,
        lineHeight: 28,
        color: INK.title,
        width,
        overflow: "break",
      },
      subtextStyle: {
        fontFamily: FONT_FAMILY,
        fontSize: NOTE_PX,
        lineHeight: 20,
        color: INK.quiet,
        width,
        overflow: "break",
      },
    },
    legend: {
      show: legend.length > 0,
      data: [...legend],
      left: MARGIN,
      top: legendTop,
      width,
      padding: 0,
      itemWidth: 16,
      itemHeight: 10,
      itemGap: 18,
      textStyle: { fontFamily: FONT_FAMILY, fontSize: LEGEND_PX, color: INK.text },
    },
    tooltip: { trigger: "axis", confine: true },
    grid: {
      left: MARGIN,
      right: MARGIN + 8,
      top: legendTop + legendRows(legend, width) * 24 + 12,
      bottom: MARGIN,
      outerBoundsMode: "same",
      outerBoundsContain: "all",
    },
  };
}

/** A chart without a point: it keeps its title and says so. */
export function emptyFrame(surroundings: Surroundings): EChartsOption {
  const { title, tooltip: _tooltip, grid: _grid, legend: _legend, ...rest } = frame(surroundings);
  const message = {
    text: "No rows",
    left: "center",
    top: "middle",
    textStyle: {
      fontFamily: FONT_FAMILY,
      fontSize: 18,
      fontWeight: "normal" as const,
      color: INK.quiet,
    },
  };
  return {
    ...rest,
    title: [...(Array.isArray(title) ? title : title === undefined ? [] : [title]), message],
  };
}

/** The look of any axis. */
export function axisLook(name: string): {
  readonly name: string;
  readonly nameLocation: "middle";
  readonly nameTextStyle: object;
  readonly axisLine: object;
  readonly axisTick: object;
  readonly splitLine: object;
} {
  return {
    name,
    nameLocation: "middle",
    nameTextStyle: {
      fontFamily: FONT_FAMILY,
      fontSize: LABEL_PX,
      lineHeight: LABEL_PX + 10,
      color: INK.quiet,
    },
    axisLine: { lineStyle: { color: INK.axis } },
    axisTick: { lineStyle: { color: INK.axis } },
    splitLine: { lineStyle: { color: INK.grid } },
  };
}

export const labelLook = { fontFamily: FONT_FAMILY, fontSize: LABEL_PX, color: INK.text } as const;

/** Room for the plot, about: what is left beside axis labels and names. */
export function plotSize({ width, height }: Size): Size {
  return { width: width - 2 * MARGIN - 70, height: height - 2 * MARGIN - 110 };
}

function lineCount(text: string, sizePx: number, width: number): number {
  return text === "" ? 0 : Math.ceil(roughWidth(text, sizePx) / width);
}

function legendRows(names: readonly string[], width: number): number {
  let rows = names.length > 0 ? 1 : 0;
  let used = 0;
  for (const name of names) {
    const item = LEGEND_ITEM_PX + roughWidth(name, LEGEND_PX);
    if (used > 0 && used + item > width) {
      rows += 1;
      used = 0;
    }
    used += item;
  }
  return rows;
}
