/** Tests of the pictures: well-formed, the same each time, and not blank. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { inflateSync } from "node:zlib";
import { chart } from "../../src/chart/chart.ts";
import { loadFonts } from "../../src/chart/font.ts";
import { renderPng } from "../../src/chart/render-png.ts";
import { renderSvg } from "../../src/chart/render-svg.ts";
import { from, optionOf } from "./bench.ts";

const size = { width: 640, height: 400 };
const CITIES =
  "select * from (values ('Praha <&> \"q\"', 1200), ('Αθήνα', 34000), ('Москва', 9)) t(city, restaurants)";
const cities = () =>
  optionOf(
    chart.bar({ from, x: "city", y: "restaurants", title: "Žižkov & <b>co</b> ]]>" }),
    CITIES,
  );

test("the same option gives the same SVG, in this process and in another", async () => {
  const option = await cities();
  const first = await renderSvg(option, size);
  await renderSvg(await optionOf(chart.line({ from, x: "x", y: "x" }), "select 1 as x"), size);
  assert.equal(await renderSvg(option, size), first);
  const program = `
    import { renderSvg } from ${JSON.stringify(new URL("../../src/chart/render-svg.ts", import.meta.url).href)};
    process.stdout.write(await renderSvg(${JSON.stringify(option)}, ${JSON.stringify(size)}));`;
  const { stdout, status } = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
    encoding: "utf8",
    timeout: 30_000,
  });
  // The process also ended by itself: nothing of ECharts was left alive.
  assert.equal(status, 0);
  assert.equal(stdout, first);
});

test("an SVG holds its texts, and nothing that moves or listens", async () => {
  const svg = await renderSvg(await cities(), size);
  assert.match(svg, /^<svg width="640" height="400"[^>]* role="img">\n<title>/);
  for (const text of ["Αθήνα", "Москва", "34\u202f000", "restaurants"]) {
    assert.ok(svg.includes(`>${text}<`), text);
  }
  assert.doesNotMatch(svg, /zr\d|ecmeta|<style|<script|pointer-events|class=/);
  assert.equal(svg.match(/<b>|NaN|undefined/), null);
});

test("no label is cut off: every text of an SVG lies inside it", async () => {
  const { regular } = await loadFonts();
  const query =
    "select 'A category whose name is quite long, number ' || i as x, i * 1e6 as y from range(9) t(i)";
  for (const shape of ["bar", "line"] as const) {
    const svg = await renderSvg(
      await optionOf(chart[shape]({ from, x: "x", y: "y" }), query),
      size,
    );
    const pattern =
      /<text [^>]*text-anchor="(\w+)"[^>]*transform="translate\(([\d.]+) ([\d.]+)\)"[^>]*>([^<]*)</g;
    const texts = [...svg.matchAll(pattern)];
    assert.ok(texts.length > 5);
    for (const [, anchor, x, y, text = ""] of texts) {
      const share = anchor === "end" ? 1 : anchor === "middle" ? 0.5 : 0;
      const width = regular.widthOf(text, 12);
      const left = Number(x) - share * width;
      assert.ok(left >= 0 && left + width <= size.width, `${shape}: ${text} from ${left}`);
      assert.ok(Number(y) >= 6 && Number(y) <= size.height - 6, `${shape}: ${text} at ${y}`);
    }
  }
});

test("a PNG has the size that was asked for, is the same each time, and is not blank", async () => {
  const option = await cities();
  const [one, two] = [
    await renderPng(option, size),
    await renderPng(option, { ...size, scale: 1 }),
  ];
  assert.deepEqual(sizeOf(one), [1280, 800]);
  assert.deepEqual(sizeOf(two), [640, 400]);
  assert.deepEqual(await renderPng(option, size), one);
  assert.ok(colorsOf(two) > 50, "lines, bars and smooth letters");
});

test("letters are drawn by the shipped font, without any of the system's", async () => {
  const titled = async (title: string): Promise<Uint8Array> =>
    renderPng(
      await optionOf(chart.bar({ from, x: "x", y: "x", title }), "select 1 as x where false"),
      size,
    );
  const [blank, latin, greek] = await Promise.all([" ", "Title", "Τίτλος"].map(titled));
  assert.ok(blank && latin && greek);
  assert.notDeepEqual(latin, blank);
  assert.notDeepEqual(greek, latin);
});

test("many pictures at once come out as one by one", async () => {
  const option = await cities();
  const svg = await renderSvg(option, size);
  for (const other of await Promise.all(Array.from({ length: 5 }, () => renderSvg(option, size)))) {
    assert.equal(other, svg);
  }
});

function sizeOf(png: Uint8Array): [number, number] {
  const view = new DataView(png.buffer, png.byteOffset);
  assert.equal(view.getUint32(0), 0x89504e47);
  return [view.getUint32(16), view.getUint32(20)];
}

/** Distinct four-byte pixels among the raw lines of a PNG; filters make that a rough count. */
function colorsOf(png: Uint8Array): number {
  const view = new DataView(png.buffer, png.byteOffset);
  const parts: Uint8Array[] = [];
  for (let at = 8; at < png.length; at += 12 + view.getUint32(at)) {
    const type = String.fromCharCode(...png.subarray(at + 4, at + 8));
    if (type === "IDAT") parts.push(png.subarray(at + 8, at + 8 + view.getUint32(at)));
  }
  const raw = inflateSync(Buffer.concat(parts));
  const colors = new Set<number>();
  for (let at = 1; at + 4 <= raw.length; at += 4) colors.add(raw.readUInt32BE(at));
  return colors.size;
}
