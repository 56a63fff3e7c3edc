/**
 * A deterministic automaton over bytes, made of an expression by sets of states (Rabin and Scott 1959, section 2): one
 * look at a table for each byte of a text, however the expression was written.
 */

import type { Expression } from "./expression.ts";

export interface Automaton {
  /** By state and byte the state after it, in 256 bytes for each state. State 0 leads nowhere else and accepts nothing. */
  readonly table: Uint8Array;
  /** Where a text begins. */
  readonly start: number;
  /** This state and all above it accept. */
  readonly accepting: number;
}

/** A state has a number of one byte. */
const MOST_STATES = 255;
/** Of the expression, before they are united. */
const MOST_STEPS = 2000;

/** Moves on by one of some bytes, or without any; the end does neither. */
interface Step {
  readonly bytes: ReadonlySet<number> | undefined;
  readonly to: number[];
}

const END = 0;

/** Undefined where it would have more than 255 states. */
export function automatonOf(expression: Expression): Automaton | undefined {
  const steps: Step[] = [{ bytes: undefined, to: [] }];
  const begin = stepsOf(expression, END, steps);
  if (steps.length > MOST_STEPS) return undefined;
  const classes = byteClasses(steps);
  const found = new Map<string, number>();
  const states: (readonly number[])[] = [];
  const numberOf = (from: readonly number[]): number => {
    const reached = reachedWithoutBytes(from, steps);
    const name = reached.join();
    const known = found.get(name);
    if (known !== undefined) return known;
    found.set(name, states.length);
    return states.push(reached) - 1;
  };
  numberOf([]);
  const start = numberOf([begin]);
  const moves: number[][] = [];
  for (let state = 0; state < states.length; state += 1) {
    if (states.length > MOST_STATES) return undefined;
    const own = (states[state] ?? []).map((step) => steps[step]);
    moves.push(
      classes.map(([byte = 0]) =>
        numberOf(own.flatMap((step) => (step?.bytes?.has(byte) === true ? step.to : []))),
      ),
    );
  }
  return tableOf({ states, start, moves, classes });
}

/** Adds the steps of an expression that is followed by the step `next`; gives the first of them. */
function stepsOf(expression: Expression, next: number, steps: Step[]): number {
  const add = (to: number[], bytes?: ReadonlySet<number>): number => steps.push({ bytes, to }) - 1;
  if (steps.length > MOST_STEPS) return next;
  switch (expression.kind) {
    case "bytes":
      return add([next], expression.bytes);
    case "sequence":
      return expression.items.reduceRight((after, item) => stepsOf(item, after, steps), next);
    case "choice":
      return add(expression.items.map((item) => stepsOf(item, next, steps)));
    case "repeat": {
      const { item, least, most } = expression;
      let first = next;
      if (most === Number.POSITIVE_INFINITY) {
        const to = [next];
        first = add(to);
        to.push(stepsOf(item, first, steps));
      } else
        for (let count = least; count < most && steps.length <= MOST_STEPS; count += 1)
          first = add([next, stepsOf(item, first, steps)]);
      for (let count = 0; count < least && steps.length <= MOST_STEPS; count += 1)
        first = stepsOf(item, first, steps);
      return first;
    }
  }
}

/** Those that ask for a byte, and the end, in their order. */
function reachedWithoutBytes(from: readonly number[], steps: readonly Step[]): number[] {
  const seen = new Set(from);
  for (const at of seen) {
    const step = steps[at];
    if (step !== undefined && step.bytes === undefined) for (const to of step.to) seen.add(to);
  }
  return [...seen]
    .filter((at) => at === END || steps[at]?.bytes !== undefined)
    .sort((one, other) => one - other);
}

/** All bytes, in groups that no step tells apart. */
function byteClasses(steps: readonly Step[]): number[][] {
  const sets = [...new Set(steps.flatMap((step) => step.bytes ?? []))];
  const groups = new Map<string, number[]>();
  for (let byte = 0; byte < 256; byte += 1) {
    const name = sets.map((set) => (set.has(byte) ? 1 : 0)).join("");
    groups.set(name, [...(groups.get(name) ?? []), byte]);
  }
  return [...groups.values()];
}

interface Made {
  readonly states: readonly (readonly number[])[];
  readonly start: number;
  /** By state and class of bytes. */
  readonly moves: readonly (readonly number[])[];
  readonly classes: readonly (readonly number[])[];
}

/** With those that accept behind the others; the first stays the first. */
function tableOf({ states, start, moves, classes }: Made): Automaton {
  const accepts = (state: number): boolean => states[state]?.includes(END) === true;
  const order = [...states.keys()].sort(
    (one, other) => Number(accepts(one)) - Number(accepts(other)),
  );
  const place = new Map(order.map((state, at) => [state, at]));
  const table = new Uint8Array(256 * states.length);
  for (const [at, state] of order.entries())
    for (const [group, to] of (moves[state] ?? []).entries())
      for (const byte of classes[group] ?? []) table[256 * at + byte] = place.get(to) ?? 0;
  return {
    table,
    start: place.get(start) ?? 0,
    accepting: states
      .keys()
      .filter((state) => !accepts(state))
      .toArray().length,
  };
}
