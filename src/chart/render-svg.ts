/** An ECharts option drawn as SVG: without a browser, without system fonts, the same bytes for the same option. */

import { createHash } from "node:crypto";
import { loadFonts } from "./font.ts";
import type { Size } from "./frame.ts";
import { exactNumber, placeNumber } from "./number.ts";
import type { ChartOption } from "./option.ts";

/** The SVG of an option. Texts name the shipped font and fall back to the reader's sans-serif. */
export async function renderSvg(option: ChartOption, size: Size): Promise<string> {
  const echarts = await loadEcharts();
  const drawing = echarts.init(null, null, { renderer: "svg", ssr: true, ...size });
  try {
    drawing.setOption(withNumbers(option));
    return still(drawing.renderToSVGString(), option);
  } finally {
    // A living instance keeps the process from ending.
    drawing.dispose();
  }
}

let loading: ReturnType<typeof importEcharts> | undefined;

function loadEcharts(): ReturnType<typeof importEcharts> {
  loading ??= importEcharts();
  return loading;
}

/** Loads only what our charts use, and has it measure texts by the shipped font. */
async function importEcharts() {
  const [core, charts, components, renderers, fonts] = await Promise.all([
    import("echarts/core"),
    import("echarts/charts"),
    import("echarts/components"),
    import("echarts/renderers"),
    loadFonts(),
  ]);
  core.use([
    charts.BarChart,
    charts.LineChart,
    components.GridComponent,
    components.LegendComponent,
    components.TitleComponent,
    components.TooltipComponent,
    renderers.SVGRenderer,
  ]);
  core.setPlatformAPI({
    measureText(text, font = "") {
      const sizePx = Number.parseFloat(/([\d.]+)px/.exec(font)?.[1] ?? "12");
      const isMedium = /\b(bold|[5-9]00)\b/.test(font);
      return { width: (isMedium ? fonts.medium : fonts.regular).widthOf(text, sizePx) };
    },
  });
  return core;
}

/** JSON holds no function, so ECharts would write the numbers of axes its own way. */
function withNumbers(option: ChartOption): ChartOption {
  const { xAxis, yAxis } = option;
  // Where both axes hold numbers, the upright one measures and the other says where.
  const format = isNumeric(yAxis) ? placeNumber : exactNumber;
  return {
    ...option,
    ...(xAxis === undefined
      ? {}
      : {
          xAxis: Array.isArray(xAxis)
            ? xAxis.map((axis) => written(axis, format))
            : written(xAxis, format),
        }),
    ...(yAxis === undefined || Array.isArray(yAxis) ? {} : { yAxis: written(yAxis, exactNumber) }),
  };
}

function isNumeric(axis: unknown): boolean {
  return typeof axis === "object" && axis !== null && "type" in axis && axis.type === "value";
}

function written<A extends { readonly axisLabel?: object }>(
  axis: A,
  format: (value: number) => string,
): A {
  return isNumeric(axis) ? { ...axis, axisLabel: { ...axis.axisLabel, formatter: format } } : axis;
}

/**
 * What ECharts drew, as a still picture: without the styles and marks of its pointer events, whose
 * numbers grow with each drawing; with ids by content, so that drawings on one page keep apart; with
 * its title for those who hear it. Quotes inside texts are escaped, so only attributes match.
 */
function still(svg: string, option: ChartOption): string {
  const mark = createHash("sha256").update(JSON.stringify(option)).digest("hex").slice(0, 8);
  const title = [option.title].flat()[0]?.text ?? "";
  return svg
    .replace(/<style >[\s\S]*?<\/style>\n?/g, "")
    .replace(/ (class|pointer-events|ecmeta_\w+)="[^"]*"/g, "")
    .replace(/(id="|url\(#|href="#)zr\d+-/g, `$1m${mark}-`)
    .replace(">", ` role="img">\n<title>${escapeXml(title === "" ? "Chart" : title)}</title>`);
}

function escapeXml(text: string): string {
  return text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
}
