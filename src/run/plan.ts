/** What a run would do, as data: found by looking, with nothing changed. */

import { MillraceError } from "../base/error.ts";
import type { Engine } from "../engine/engine.ts";
import { duckdbType } from "../engine/type.ts";
import { type Ingested, isIngested } from "../ingest/asset.ts";
import { checkRules } from "../ingest/check-rule.ts";
import { compileContract } from "../ingest/contract.ts";
import { extraColumn } from "../ingest/extra.ts";
import { QUARANTINE_FIELDS } from "../ingest/quarantine.ts";
import { conditionsOf } from "../ingest/shape.ts";
import type { ConstraintChange } from "../lake/constraint.ts";
import { openView, viewName } from "../lake/lake.ts";
import type { PropertyChange } from "../lake/property.ts";
import type { Reshaping } from "../lake/reshape.ts";
import type { ProjectStep, StepKind } from "../project/graph.ts";
import type { Project } from "../project/load.ts";
import { checkPicture } from "../publish/draw-picture.ts";
import { checkPublication } from "../publish/publish-table.ts";
import { describeSchedule, nextDue } from "../schedule/schedule.ts";
import { evolve } from "../schema/evolution.ts";
import { quarantineOf } from "../schema/table.ts";
import type { Field } from "../schema/type.ts";
import { quoteName } from "../sql/quote.ts";
import { isTransformed } from "../transform/asset.ts";
import { findTransformShape } from "../transform/constraint.ts";
import { isFollowing } from "../transform/due.ts";
import { checkQuery } from "../transform/refresh.ts";
import { keepsRest } from "../transform/replace-part.ts";
import { type ColumnChange, columnChanges } from "./planned-column.ts";
import { type Due, type LookContext, lookAt } from "./step.ts";
import type { Workspace } from "./workspace.ts";

export interface PlannedStep {
  readonly name: string;
  readonly kind: StepKind;
  /**
   * `update`: the table takes in what changed in its inputs, or gets new names of columns, constraints or properties
   * alone. `replace`: a part of it is made anew. `fail`: what it reads is missing, or it cannot become what is
   * declared, and the run will say so; other steps go on.
   */
  readonly action:
    | "create"
    | "load"
    | "rebuild"
    | "replace"
    | "update"
    | "write"
    | "fail"
    | "nothing";
  /** Why, in words; empty where there is nothing to do. */
  readonly because: string;
  /** Names of the steps it waits for. */
  readonly after: readonly string[];
  readonly columns: readonly ColumnChange[];
  /** Constraints that the table will be given, or lose. */
  readonly constraints: readonly ConstraintChange[];
  /** Properties that the table will be given. */
  readonly properties: readonly PropertyChange[];
  /** Files that would be read. */
  readonly files: readonly {
    readonly name: string;
    readonly size: number;
    readonly why: "new" | "changed";
  }[];
  readonly filesKnown: number;
  /** What a person should know, whether there is something to do or not. */
  readonly notes: readonly string[];
  readonly schedule?: { readonly words: string; readonly next: string | undefined };
}

export interface Plan {
  readonly project: string;
  readonly lake: string;
  readonly steps: readonly PlannedStep[];
  readonly params: readonly { readonly name: string; readonly value: string | number | boolean }[];
}

/** Throws where the SQL of a step cannot run or a column cannot become what it is declared to be. */
export async function planRun(project: Project, { lake }: Pick<Workspace, "lake">): Promise<Plan> {
  const context = { lake, root: project.root, text: project.text, param: project.param };
  const session = await lake.engine.session();
  const due = new Map<string, "rows" | "properties">();
  const steps: PlannedStep[] = [];
  try {
    for (const step of project.steps) {
      const looked: Looked = await lookAt(context, step).catch(failing);
      const before = step.after.filter((name) => isTouched(step, due.get(name)));
      const because =
        looked.because ?? (before.length === 0 ? undefined : `${before.join(", ")} will change`);
      const properties = looked.properties ?? [];
      const fields = await checkStep(context, session, step, looked);
      const shape = looked.shape ?? (await findConstraints(context, step, { looked, fields }));
      const parts = partsOf({ properties, shape });
      const isOther = because !== undefined || (shape?.columns ?? []).length > 0;
      if (isOther) due.set(step.name, "rows");
      else if (parts.length > 0) due.set(step.name, "properties");
      const table = step.asset.kind === "table" ? await lake.find(step.name) : undefined;
      steps.push({
        name: step.name,
        kind: step.kind,
        action: actionOf(step, { looked, because, isNew: table === undefined, parts }),
        because: because ?? (parts.length > 0 ? `its ${parts.join(" and ")} change` : ""),
        after: step.after,
        columns:
          table === undefined || fields === undefined
            ? []
            : columnChanges(step, { table, shape, fields }),
        constraints: shape?.constraints ?? [],
        properties,
        files: (looked.choice?.files ?? []).map(({ found, why }) => ({
          name: found.name,
          size: found.sizeBytes,
          why,
        })),
        filesKnown: looked.choice?.known ?? 0,
        notes: looked.notes ?? [],
        ...scheduleOf(step, lake.clock.now()),
      });
    }
  } finally {
    session.close();
  }
  return {
    project: project.name,
    lake: lake.storage.uri,
    steps,
    params: project.params.map(({ name, value, isSecret }) => ({
      name,
      value: isSecret ? "***" : value,
    })),
  };
}

type Looked = Due & {
  /** It is known by now that the step cannot be done. */ readonly isFailing?: boolean;
};

/** The file that a step reads is not there, or its table cannot become what is declared. */
const FAILURES: readonly string[] = [
  "source/not-found",
  "lake/column-conflict",
  "delta/column-in-use",
  "delta/bad-schema",
];

/** One step that cannot be done keeps no other from being planned and done. */
function failing(error: unknown): Looked {
  if (!(error instanceof MillraceError) || !FAILURES.includes(error.code)) throw error;
  const { message, hint } = error;
  return { isFailing: true, because: message, ...(hint === undefined ? {} : { notes: [hint] }) };
}

/** What a table is given beside rows, in words. */
function partsOf({
  properties,
  shape,
}: {
  readonly properties: readonly PropertyChange[];
  readonly shape: Reshaping | undefined;
}): string[] {
  return [
    ...((shape?.columns ?? []).length > 0 ? ["columns"] : []),
    ...((shape?.constraints ?? []).length > 0 ? ["constraints"] : []),
    ...(properties.length > 0 ? ["properties"] : []),
  ];
}

/** Of a transform, whose columns are known only now. */
async function findConstraints(
  context: LookContext,
  { asset }: ProjectStep,
  { looked, fields }: { readonly looked: Looked; readonly fields: readonly Field[] | undefined },
): Promise<Reshaping | undefined> {
  if (!isTransformed(asset) || fields === undefined) return undefined;
  return findTransformShape(context, asset, { fields, isMadeAnew: looked.isMadeAnew === true });
}

/** Binds the SQL of a step over its inputs as they are or will be; the columns it will give. */
async function checkStep(
  context: LookContext,
  session: Engine,
  { asset, name, reads }: ProjectStep,
  { shape }: Pick<Looked, "shape">,
): Promise<readonly Field[] | undefined> {
  for (const table of reads) await ensureView(context, session, table);
  let fields: readonly Field[] | undefined;
  if (isIngested(asset)) {
    const contract = compileContract({
      definition: asset.definition,
      resolver: { table: (table) => viewName(table.name), param: context.param },
      arrival: context.lake.clock.now(),
      refuseNul: false,
    });
    await checkRules(context, session, asset);
    await conditionsOf(context, asset);
    fields = [...contract.fields, ...extraColumn(asset.definition)];
    await createEmptyView(session, quarantineOf(name), QUARANTINE_FIELDS);
    await createEmptyView(session, name, await fieldsToBe(context, asset, { fields, shape }));
    return fields;
  } else if (isTransformed(asset)) {
    fields = await checkQuery(context, session, asset);
  } else if (asset.kind === "picture") {
    await checkPicture(context, session, { name, asset });
  } else if (asset.kind === "publication") {
    await checkPublication(context, session, { name, asset });
  }
  if (fields !== undefined) await createEmptyView(session, name, fields);
  return fields;
}

/** The columns of a table after a load: those that no record fills any more stay where rows are added. */
async function fieldsToBe(
  { lake }: Pick<LookContext, "lake">,
  { name, definition }: Ingested,
  { fields, shape }: { readonly fields: readonly Field[]; readonly shape: Reshaping | undefined },
): Promise<readonly Field[]> {
  const table = await lake.find(name);
  const isMadeAnew = definition.write === "overwrite" && definition.extra !== "evolve";
  if (table === undefined || isMadeAnew) return fields;
  return evolve(shape?.fields ?? table.metadata.fields, fields, { inside: true }).fields;
}

/** Views of tables that the plan has seen stand for what they will be; others are read as they are. */
async function ensureView({ lake }: LookContext, session: Engine, name: string): Promise<void> {
  const isThere = await session.describe(`from ${viewName(name)} limit 0`).then(
    () => true,
    () => false,
  );
  if (isThere) return;
  const snapshot = await lake.find(name);
  if (snapshot !== undefined) await openView(lake, session, name, snapshot);
}

async function createEmptyView(
  session: Engine,
  name: string,
  fields: readonly Field[],
): Promise<void> {
  const list = fields
    .map((field) => `null::${duckdbType(field.type)} as ${quoteName(field.name)}`)
    .join(", ");
  await session.run(`create or replace temp view ${viewName(name)} as select ${list} where false`);
}

function actionOf(
  { asset, kind }: ProjectStep,
  {
    looked,
    because,
    isNew,
    parts,
  }: { looked: Looked; because: string | undefined; isNew: boolean; parts: readonly string[] },
): PlannedStep["action"] {
  if (looked.isFailing === true) return "fail";
  if (because === undefined) return parts.length > 0 ? "update" : "nothing";
  if (kind === "publish" || kind === "picture") return "write";
  if (isNew) return "create";
  if (kind === "ingest") return looked.isStep === true ? "update" : "load";
  if (isTransformed(asset) && keepsRest(asset)) return "replace";
  // What an input that will change will bring is not known yet; where it cannot be followed the run says so.
  const isFollowed = looked.because === undefined && isTransformed(asset) && isFollowing(asset);
  return looked.isStep === true || isFollowed ? "update" : "rebuild";
}

/** New constraints and properties leave the rows of a table as they are, but make a version of it, which an output tells. */
function isTouched({ kind }: ProjectStep, by: "rows" | "properties" | undefined): boolean {
  return by === "rows" || (by === "properties" && (kind === "publish" || kind === "picture"));
}

function scheduleOf({ asset }: ProjectStep, now: Date): Pick<PlannedStep, "schedule"> {
  const schedule = asset.kind === "table" ? asset.definition.schedule : asset.schedule;
  if (schedule === undefined) return {};
  return {
    schedule: { words: describeSchedule(schedule), next: nextDue(schedule, now)?.toISOString() },
  };
}

/** True where a run of the plan would change nothing. */
export function isNothingToDo({ steps }: Plan): boolean {
  return steps.every(({ action }) => action === "nothing");
}
