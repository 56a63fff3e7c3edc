/** The graph of a project: which asset needs which table, known before anything runs. */

import { MillraceError } from "../base/error.ts";
import { type Ingested, isIngested } from "../ingest/asset.ts";
import { sqlOfContract } from "../ingest/rule-table.ts";
import type { Constraints } from "../lake/constraint.ts";
import type { Picture, Publication } from "../publish/asset.ts";
import { picturePath } from "../publish/draw-picture.ts";
import { outputName, publicationPath } from "../publish/publish-table.ts";
import type { Column, ColumnDefinition } from "../schema/column.ts";
import { quarantineOf } from "../schema/table.ts";
import { tablesOf } from "../sql/render.ts";
import { loadSql, type ReadText } from "../sql/sql-file.ts";
import type { Sql, Text } from "../sql/template.ts";
import { isTransformed, type Transformed } from "../transform/asset.ts";
import { sqlOfTransform } from "../transform/definition.ts";
import type { Asset } from "./define.ts";

export type StepKind = "ingest" | "transform" | "publish" | "picture";

/** An asset with its SQL read, and what must be done before it. */
export interface ProjectStep {
  /** The table's name; for an output `publish NAME to PLACE` and the like. */
  readonly name: string;
  readonly kind: StepKind;
  readonly asset: Ingested | Transformed | Publication | Picture;
  /** Names of the tables it reads, quarantines included. */
  readonly reads: readonly string[];
  /** Names of the steps it comes after. */
  readonly after: readonly string[];
}

export function orderSteps(assets: readonly Asset[], readText: ReadText): ProjectStep[] {
  const loaded = assets.map((asset) => loadAsset(asset as ProjectStep["asset"], readText));
  const steps = loaded.map((asset): Omit<ProjectStep, "after"> => {
    const reads = [
      ...new Set(sqlOf({ asset }).flatMap((sql) => tablesOf(sql).map(({ name }) => name))),
    ];
    const own = asset.kind === "publication" ? [asset.table.name] : [];
    return {
      name: stepName(asset),
      kind: kindOfStep(asset),
      asset,
      reads: [...new Set([...own, ...reads])],
    };
  });
  checkNames(steps);
  const makers = new Map(
    steps.flatMap(({ name, kind, asset }): [string, string][] => {
      if (asset.kind !== "table") return [];
      return kind === "ingest"
        ? [
            [name, name],
            [quarantineOf(name), name],
          ]
        : [[name, name]];
    }),
  );
  const linked = steps.map((step): ProjectStep => {
    const after = step.reads.map((table) => {
      const maker = makers.get(table);
      if (maker === undefined) throw missing(step.name, table);
      return maker;
    });
    return { ...step, after: [...new Set(after)] };
  });
  return sorted(linked);
}

/** All SQL in an asset. */
export function sqlOf({ asset }: Pick<ProjectStep, "asset">): Sql[] {
  if (isIngested(asset)) {
    return sqlOfContract(asset.definition);
  }
  if (isTransformed(asset)) return sqlOfTransform(asset);
  if (asset.kind === "publication")
    return [asset.where, asset.orderBy].filter((sql) => sql !== undefined);
  return asset.kind === "picture" ? [asset.chart.from] : [];
}

/** The same column whose SQL has the text of its files in place. */
function loadColumn(column: ColumnDefinition, load: (sql: Sql) => Sql): ColumnDefinition {
  return {
    ...column,
    clean: column.clean.map((how) => (value: Column) => load(how(value))),
    rules: column.rules.map((rule) =>
      rule.rule === "check" ? { ...rule, holds: (value) => load(rule.holds(value)) } : rule,
    ),
  };
}

function kindOfStep(asset: ProjectStep["asset"]): StepKind {
  if (isIngested(asset)) return "ingest";
  if (isTransformed(asset)) return "transform";
  return asset.kind === "publication" ? "publish" : "picture";
}

function stepName(asset: ProjectStep["asset"]): string {
  if (asset.kind === "table") return asset.name;
  if (asset.kind === "picture")
    return `picture ${placeName(asset.folder)}/${asset.name}.${asset.format}`;
  const { table, to } = asset;
  return `publish ${table.name} to ${placeName(to.folder)}/${outputName(asset)}.${to.format}`;
}

/** A folder as declared: where it comes from outside, by the name it has there. */
function placeName(folder: Text): string {
  if (typeof folder === "string") return folder.replace(/\/+$/, "");
  return folder.kind === "param" ? `$${folder.name}` : `${folder.from} ${folder.name}`;
}

/** The same asset with the text of its SQL files in place. */
function loadAsset(asset: ProjectStep["asset"], readText: ReadText): ProjectStep["asset"] {
  const load = (sql: Sql): Sql => loadSql(sql, readText);
  const maybe = (sql: Sql | undefined): Sql | undefined =>
    sql === undefined ? undefined : load(sql);
  const each = (all: Readonly<Record<string, Sql>>): Record<string, Sql> =>
    Object.fromEntries(Object.entries(all).map(([name, sql]) => [name, load(sql)]));
  if (isIngested(asset)) {
    const { definition } = asset;
    return {
      ...asset,
      definition: {
        ...definition,
        columns: Object.fromEntries(
          Object.entries(definition.columns).map(([name, one]) => [name, loadColumn(one, load)]),
        ),
        rules: each(definition.rules),
        constraints: loadConstraints(definition.constraints, load),
        where: maybe(definition.where),
        deleteWhere: maybe(definition.deleteWhere),
        updateWhere: maybe(definition.updateWhere),
      },
    };
  }
  if (isTransformed(asset)) {
    const { definition } = asset;
    const checks = Object.fromEntries(
      Object.entries(definition.checks).map(([name, check]) => [
        name,
        check.test === "holds" ? { ...check, condition: load(check.condition) } : check,
      ]),
    );
    const isOne = definition.query.duckdb === definition.query.spark;
    const duckdb = load(definition.query.duckdb);
    return {
      ...asset,
      definition: {
        ...definition,
        checks,
        constraints: loadConstraints(definition.constraints, load),
        replaceWhere: maybe(definition.replaceWhere),
        deleteWhere: maybe(definition.deleteWhere),
        query: { duckdb, spark: isOne ? duckdb : load(definition.query.spark) },
      },
    };
  }
  if (asset.kind === "publication")
    return { ...asset, where: maybe(asset.where), orderBy: maybe(asset.orderBy) };
  return { ...asset, chart: { ...asset.chart, from: load(asset.chart.from) } };
}

function loadConstraints(constraints: Constraints, load: (sql: Sql) => Sql): Constraints {
  const loaded = Object.entries(constraints).map(([name, one]) => [
    name,
    one === "drop" ? one : load(one),
  ]);
  return Object.fromEntries(loaded);
}

function checkNames(steps: readonly Omit<ProjectStep, "after">[]): void {
  const seen = new Map<string, string>();
  for (const { name, asset } of steps) {
    const key = asset.kind === "table" ? name.toLowerCase() : name;
    const twin = seen.get(key);
    if (twin !== undefined) {
      throw new MillraceError(
        twin === name
          ? `Two assets of the project are called "${name}"`
          : `The assets "${twin}" and "${name}" differ only in upper and lower case`,
        {
          code: "project/name-twice",
          hint: "Each table and each output needs a name of its own; list each asset once.",
        },
      );
    }
    seen.set(key, name);
  }
}

function missing(step: string, table: string): MillraceError {
  return new MillraceError(`${step} reads ${table}, which is not among the assets of the project`, {
    code: "project/missing-asset",
    hint: `Add ${table} to assets: [ ... ] of defineProject().`,
  });
}

/** Throws where two outputs would be one file; many file systems do not tell upper from lower case. */
export function checkOutputs(
  steps: readonly ProjectStep[],
  context: { readonly root: string; text(value: Text): string },
): void {
  const seen = new Map<string, string>();
  for (const { name, asset } of steps) {
    if (asset.kind === "table") continue;
    const path =
      asset.kind === "picture" ? picturePath(context, asset) : publicationPath(context, asset);
    const key = path.normalize("NFC").toLowerCase();
    const twin = seen.get(key);
    if (twin !== undefined) {
      throw new MillraceError(`"${twin}" and "${name}" would write the same file`, {
        code: "project/same-output",
        hint: 'Give one of them another name or folder: files("out", { format: "csv", name: "..." }).',
      });
    }
    seen.set(key, name);
  }
}

/** Each step after all that it needs, otherwise in the order of the project file. */
function sorted(steps: readonly ProjectStep[]): ProjectStep[] {
  const byName = new Map(steps.map((step) => [step.name, step]));
  const done = new Set<string>();
  const order: ProjectStep[] = [];
  const visit = (step: ProjectStep, path: readonly string[]): void => {
    if (done.has(step.name)) return;
    if (path.includes(step.name)) {
      const circle = [...path.slice(path.indexOf(step.name)), step.name].join(" -> ");
      throw new MillraceError(`The assets of the project go in a circle: ${circle}`, {
        code: "project/circle",
        hint: "A table cannot be made of itself; take one of these references out.",
      });
    }
    for (const name of step.after) {
      const before = byName.get(name);
      if (before !== undefined) visit(before, [...path, step.name]);
    }
    done.add(step.name);
    order.push(step);
  };
  for (const step of steps) visit(step, []);
  return order;
}
