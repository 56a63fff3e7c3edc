/** What a writer can do to a table, as data: made by chance, printed when it goes wrong, done again by seed. */

import type { Chance } from "../random.ts";

/** `v` and the columns that come later may be null; `k` is the partition, and may be null too. */
export interface Row {
  readonly id: number;
  readonly v: number | null;
  readonly k: string | null;
}

export type Condition =
  | { readonly column: "id" | "v"; readonly op: "<" | "=" | ">="; readonly value: number }
  | { readonly column: "k"; readonly op: "="; readonly value: string }
  | { readonly column: "v" | "k"; readonly op: "is null" };

export type Operation =
  | { readonly kind: "append"; readonly rows: readonly Row[]; readonly app?: string }
  | { readonly kind: "overwrite"; readonly rows: readonly Row[] }
  | {
      readonly kind: "overwrite partition";
      readonly k: string | null;
      readonly rows: readonly Row[];
    }
  /** In the place of all rows with this `v`, wherever they lie; the rows have it too. */
  | { readonly kind: "overwrite where"; readonly v: number; readonly rows: readonly Row[] }
  | { readonly kind: "add column"; readonly name: string }
  | { readonly kind: "delete"; readonly where: Condition }
  /** `v` becomes one more than it was, or the partition another one. */
  | { readonly kind: "update"; readonly where: Condition; readonly k?: string | null }
  /** Rows by `v`, which any number of rows of the table may have: theirs are deleted or take its partition, others come in. */
  | { readonly kind: "merge"; readonly source: readonly Row[]; readonly deletes: boolean }
  | { readonly kind: "optimize"; readonly zOrder: boolean }
  /** Of a version `back` before the newest. */
  | { readonly kind: "restore"; readonly back: number }
  | { readonly kind: "vacuum" }
  | { readonly kind: "checkpoint" }
  | { readonly kind: "clean up" };

/** One step of a sequence: who does what, and whether they look at the table first or act on what they knew. */
export interface Step {
  readonly writer: number;
  readonly looks: boolean;
  readonly operation: Operation;
}

const KEYS = ["a", "b/c", "it's %20 ü", null] as const;

/** How often each kind of operation comes. */
const WEIGHTS: Readonly<Record<Operation["kind"], number>> = {
  append: 8,
  overwrite: 2,
  "overwrite partition": 3,
  "overwrite where": 2,
  "add column": 1,
  delete: 3,
  update: 3,
  merge: 3,
  optimize: 2,
  restore: 1,
  vacuum: 1,
  checkpoint: 1,
  "clean up": 1,
};

const KINDS = Object.entries(WEIGHTS).flatMap(([kind, weight]) =>
  Array.from({ length: weight }, () => kind as Operation["kind"]),
);

/** The n-th step; the ids of its rows are its own. */
export function chooseStep(chance: Chance, n: number, writers: number): Step {
  return {
    writer: chance.below(writers),
    looks: chance.oneIn(2),
    operation: chooseOperation(chance, n),
  };
}

function chooseOperation(chance: Chance, n: number): Operation {
  const value = (): number | null => (chance.oneIn(5) ? null : chance.below(20));
  const rows = (k?: string | null): Row[] =>
    Array.from({ length: 1 + chance.below(5) }, (_, index) => ({
      id: n * 10 + index,
      v: value(),
      k: k === undefined ? chance.of(KEYS) : k,
    }));
  const kind = chance.of(KINDS);
  switch (kind) {
    case "append":
      return { kind, rows: rows(), ...(chance.oneIn(3) ? { app: chance.of(["x", "y"]) } : {}) };
    case "overwrite":
      return { kind, rows: rows() };
    case "overwrite partition": {
      const k = chance.of(KEYS);
      return { kind, k, rows: chance.oneIn(4) ? [] : rows(k) };
    }
    case "overwrite where": {
      const v = chance.below(20);
      return { kind, v, rows: rows().map((row) => ({ ...row, v })) };
    }
    case "add column":
      return { kind, name: `c${n}` };
    case "delete":
      return { kind, where: chooseCondition(chance, n) };
    case "update": {
      const where = chooseCondition(chance, n);
      return chance.oneIn(2) ? { kind, where } : { kind, where, k: chance.of(KEYS) };
    }
    case "merge": {
      const source = rows().filter(
        ({ v }, index, all) => all.findIndex((row) => row.v === v) === index,
      );
      return { kind, source, deletes: chance.oneIn(3) };
    }
    case "optimize":
      return { kind, zOrder: chance.oneIn(3) };
    case "restore":
      return { kind, back: 1 + chance.below(4) };
    case "vacuum":
    case "checkpoint":
    case "clean up":
      return { kind };
  }
}

export function chooseCondition(chance: Chance, n: number): Condition {
  switch (chance.below(5)) {
    case 0:
      return { column: "id", op: chance.of(["<", "=", ">="]), value: chance.below(10 * n + 1) };
    case 1:
    case 2:
      return { column: "v", op: chance.of(["<", "=", ">="]), value: chance.below(20) };
    case 3: {
      const k = chance.of(KEYS);
      return k === null ? { column: "k", op: "is null" } : { column: "k", op: "=", value: k };
    }
    default:
      return { column: "v", op: "is null" };
  }
}
