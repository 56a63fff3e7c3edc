/** What a run is doing while it does it: live lines on a terminal, now and then a plain line elsewhere. */

import type { RunEvent } from "../run/apply.ts";
import type { StepResult } from "../run/result.ts";
import { cut, visible, widthOf } from "./character.ts";
import type { Output } from "./output.ts";
import { countText, durationText, sizeText } from "./quantity.ts";

export interface Progress {
  readonly on: (event: RunEvent) => void;
  /** Takes the live lines away; may be called twice. */
  close(): void;
}

const LIVE_EVERY_MS = 100;
const PLAIN_EVERY_MS = 10_000;
const WHEEL = ["|", "/", "-", "\\"] as const;

interface Running {
  readonly since: number;
  rows: number;
  bytes: number;
  fraction: number | undefined;
  told: number;
}

export function openProgress(output: Output): Progress {
  if (output.isQuiet) return { on: () => {}, close: () => {} };
  const running = new Map<string, Running>();
  const isLive = output.err.isTerminal && output.err.width !== undefined;
  const live = isLive ? openLive(output, running) : undefined;
  const say = (text: string): void => {
    live?.clear();
    output.remark(visible(text));
    live?.draw();
  };
  return {
    on(event) {
      const { asset } = event;
      if (event.type === "started") {
        const now = performance.now();
        running.set(asset, { since: now, rows: 0, bytes: 0, fraction: undefined, told: now });
        if (live === undefined) say(`${asset}: started`);
      } else if (event.type === "progress") {
        const state = running.get(asset);
        if (state === undefined) return;
        state.rows = event.rows ?? state.rows;
        state.bytes = event.bytes ?? state.bytes;
        state.fraction = event.fraction ?? state.fraction;
        const now = performance.now();
        if (live !== undefined || now - state.told < PLAIN_EVERY_MS) return;
        state.told = now;
        say(`${asset}: ${describe(state, now)}`);
      } else if (event.type === "note") {
        // In text the closing table tells the notes; a document must be read to see them.
        if (output.isJson) say(`${asset}: ${event.message}`);
      } else {
        running.delete(asset);
        if (event.step.state !== "up to date") say(`${asset}: ${outcome(event.step)}`);
      }
    },
    close: () => live?.close(),
  };
}

interface Live {
  clear(): void;
  draw(): void;
  close(): void;
}

/** Lines that are drawn over again; everything else is written above them. */
function openLive(output: Output, running: ReadonlyMap<string, Running>): Live {
  let drawn = 0;
  let turn = 0;
  let isOpen = true;
  const clear = (): void => {
    if (drawn > 0) output.error(`\u001b[${drawn}A\u001b[0J`);
    drawn = 0;
  };
  const draw = (): void => {
    const width = (output.err.width ?? 80) - 1;
    const now = performance.now();
    const lines = [...running].map(([asset, state]) => {
      const tail = ` ${describe(state, now)}`;
      const room = Math.max(8, width - widthOf(tail) - 2);
      return cut(`${WHEEL[turn % WHEEL.length]} ${cut(visible(asset), room)}${tail}`, width);
    });
    clear();
    if (lines.length > 0) output.error(`${lines.join("\n")}\n`);
    drawn = lines.length;
  };
  const timer = setInterval(() => {
    turn += 1;
    draw();
  }, LIVE_EVERY_MS).unref();
  return {
    clear,
    draw: () => {
      if (isOpen) draw();
    },
    close: () => {
      if (!isOpen) return;
      isOpen = false;
      clearInterval(timer);
      clear();
    },
  };
}

function describe({ since, rows, bytes, fraction }: Running, now: number): string {
  const seconds = Math.max((now - since) / 1000, 0.001);
  return [
    ...(fraction === undefined ? [] : [`${Math.floor(fraction * 100)} %`]),
    ...(rows === 0 ? [] : [`${countText(rows)} rows`]),
    ...(bytes === 0 ? [] : [sizeText(bytes), `${sizeText(bytes / seconds)}/s`]),
    durationText(now - since),
  ].join(", ");
}

function outcome({ state, ledger, time_ms, error, notes }: StepResult): string {
  if (state === "failed") return `failed: ${error?.message ?? ""}`;
  if (state !== "done") return [state, ...(notes ?? [])].join(", ");
  const counts = [
    `${countText(ledger.written)} written`,
    ...(["quarantined", "deduplicated", "filtered"] as const).flatMap((name) =>
      ledger[name] === 0 ? [] : [`${countText(ledger[name])} ${name}`],
    ),
  ];
  return ["done", ...(ledger.read === 0 ? [] : counts), durationText(time_ms)].join(", ");
}
