/** Steps and conditions by chance. */

import type { Chance } from "../random.ts";
import { type Condition, type Operation, type Row, type Step, WHOLE_TYPES } from "./operation.ts";

const KEYS = ["a", "b/c", "it's %20 ü", null] as const;
/** Few, so that names come again; files bear the last one only where columns are mapped. */
const NAMES = ["w", "x", "it's a name"] as const;
const CONSTRAINTS = ["low", "lower"] as const;

/** How often each kind of operation comes. */
const WEIGHTS: Readonly<Record<Operation["kind"], number>> = {
  append: 10,
  overwrite: 2,
  "overwrite partition": 3,
  "overwrite where": 2,
  delete: 3,
  update: 3,
  merge: 4,
  "add column": 2,
  "rename column": 2,
  "drop column": 1,
  "widen column": 2,
  "add constraint": 1,
  "drop constraint": 1,
  "set property": 2,
  "unset property": 1,
  optimize: 2,
  restore: 1,
  vacuum: 1,
  checkpoint: 1,
  "clean up": 1,
};

const KINDS = Object.entries(WEIGHTS).flatMap(([kind, weight]) =>
  Array.from({ length: weight }, () => kind as Operation["kind"]),
);

const SWITCHES = [
  "delta.enableChangeDataFeed",
  "delta.enableDeletionVectors",
  "delta.enableTypeWidening",
  "delta.appendOnly",
] as const;

/** What a table may be told while it is written. */
const PROPERTIES: readonly (readonly [key: string, value: string])[] = [
  ...SWITCHES.flatMap((key) => ["true", "false"].map((value) => [key, value] as const)),
  ["delta.appendOnly", "false"],
  ["delta.columnMapping.mode", "name"],
  ["delta.enableInCommitTimestamps", "true"],
  ["delta.checkpointPolicy", "v2"],
  ["delta.dataSkippingNumIndexedCols", "1"],
  ["delta.checkpoint.writeStatsAsStruct", "true"],
  ["my.own", "it's"],
];

/** The n-th step; the ids of its rows are its own. */
export function chooseStep(chance: Chance, n: number, writers: number): Step {
  return {
    writer: chance.below(writers),
    looks: chance.oneIn(2),
    operation: chooseOperation(chance, n),
  };
}

function chooseOperation(chance: Chance, n: number): Operation {
  const kind = chance.of(KINDS);
  switch (kind) {
    case "append": {
      const rows = chooseRows(chance, n);
      return { kind, rows, ...(chance.oneIn(3) ? { app: chance.of(["x", "y"]) } : {}) };
    }
    case "overwrite":
      return { kind, rows: chooseRows(chance, n) };
    case "overwrite partition": {
      const k = chance.of(KEYS);
      const rows = chance.oneIn(4) ? [] : chooseRows(chance, n);
      return { kind, k, rows: rows.map((row) => ({ ...row, k })) };
    }
    case "overwrite where": {
      const v = chance.below(20);
      return { kind, v, rows: chooseRows(chance, n).map((row) => ({ ...row, v })) };
    }
    case "delete":
      return { kind, where: chooseCondition(chance, n) };
    case "update": {
      const where = chooseCondition(chance, n);
      return chance.oneIn(2) ? { kind, where } : { kind, where, k: chance.of(KEYS) };
    }
    case "merge": {
      const source = chooseRows(chance, n).filter(
        ({ v }, index, all) => all.findIndex((row) => row.v === v) === index,
      );
      return { kind, source, deletes: chance.oneIn(3) };
    }
    case "add column": {
      const type = chance.of(["string", ...WHOLE_TYPES] as const);
      return { kind, name: chance.of(NAMES), type, key: `${n}` };
    }
    case "rename column":
      return { kind, nth: chance.below(4), to: chance.of(NAMES) };
    case "drop column":
    case "widen column":
      return { kind, nth: chance.below(4) };
    case "add constraint":
      return { kind, name: chance.of(CONSTRAINTS), below: 12 + chance.below(20) };
    case "drop constraint":
      return { kind, name: chance.of(CONSTRAINTS) };
    case "set property": {
      const [key, value] = chance.of(PROPERTIES);
      return { kind, key, value };
    }
    case "unset property":
      return { kind, key: chance.of(SWITCHES) };
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

function chooseRows(chance: Chance, n: number): Row[] {
  return Array.from({ length: 1 + chance.below(5) }, (_, index) => ({
    id: n * 10 + index,
    v: chance.oneIn(5) ? null : chance.below(20),
    k: chance.of(KEYS),
  }));
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
