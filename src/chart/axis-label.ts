/** How the labels of categories are laid out so that none lies upon another. */

import { LABEL_PX, plotSize, type Size } from "./frame.ts";
import type { AxisPlace } from "./place.ts";
import { roughWidth } from "./text.ts";

export interface LabelLayout {
  /** True where the bars lie and the labels stand one above another. */
  readonly lies: boolean;
  /** ECharts' `axisLabel` options. */
  readonly look: {
    readonly interval: number | "auto";
    readonly rotate?: number;
    readonly width?: number;
    readonly overflow?: "truncate";
    readonly hideOverlap?: boolean;
  };
}

/** The least height of a lying bar with its label. */
const ROW_PX = 20;

/**
 * Labels stand below the axis where all fit. Else bars lie, if they may and there is room for each;
 * else labels lean, and are left out evenly where even that is too tight.
 */
export function chooseLabels(
  places: readonly AxisPlace[],
  { size, mayLie }: { readonly size: Size; readonly mayLie: boolean },
): LabelLayout {
  const { width, height } = plotSize(size);
  const slot = width / places.length;
  const widest = Math.max(...places.map(({ label }) => roughWidth(label, LABEL_PX)));
  if (widest + 8 <= slot) return { lies: false, look: { interval: 0 } };
  if (mayLie && places.length * ROW_PX <= height) {
    const most = Math.round(size.width * 0.3);
    const look =
      widest > most
        ? ({ interval: 0, width: most, overflow: "truncate" } as const)
        : { interval: 0 };
    return { lies: true, look };
  }
  if (!mayLie && widest <= 80)
    return { lies: false, look: { interval: "auto", hideOverlap: true } };
  const interval = slot >= LABEL_PX * 1.6 ? 0 : "auto";
  const most = Math.round(size.height * 0.26);
  const cut = widest > most ? ({ width: most, overflow: "truncate" } as const) : {};
  return { lies: false, look: { interval, rotate: 45, ...cut } };
}
