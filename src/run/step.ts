/** One door to the steps of every kind: why a step is due, and doing it. */

import type { Snapshot } from "../delta/snapshot.ts";
import { type Ingested, isIngested } from "../ingest/asset.ts";
import { type Choice, chooseFiles } from "../ingest/choose.ts";
import { staleBecause as judgedAnewBecause, replayHint } from "../ingest/judged-by.ts";
import { describeTooOld, findTooOld, keepRecent } from "../ingest/keep.ts";
import { describeChoice, load, unreadableNotes } from "../ingest/load.ts";
import { bringToShape, findShape } from "../ingest/shape.ts";
import { constraintNotes } from "../lake/constraint.ts";
import { applyProperties, type PropertyChange, propertyChanges } from "../lake/property.ts";
import type { Reshaping } from "../lake/reshape.ts";
import type { StepContext, StepOutcome } from "../lake/step.ts";
import { NOTHING } from "../lake/step-info.ts";
import type { ProjectStep } from "../project/graph.ts";
import { drawPicture, pictureStaleBecause } from "../publish/draw-picture.ts";
import { publicationStaleBecause, publishTable } from "../publish/publish-table.ts";
import { isTransformed, type Transformed } from "../transform/asset.ts";
import { bringTransformToShape } from "../transform/constraint.ts";
import { dueOf, incrementNotes, isFollowing } from "../transform/due.ts";
import { refresh } from "../transform/refresh.ts";
import { partNote, replacePart } from "../transform/replace-part.ts";
import { takeStep } from "../transform/step.ts";

export type LookContext = Pick<StepContext, "lake" | "root" | "text" | "param">;

export interface Due {
  /** In words; undefined where there is nothing to do. */
  readonly because: string | undefined;
  readonly choice?: Choice;
  /** True where the table takes in what changed and is not made anew, or where old rows are deleted and none is loaded. */
  readonly isStep?: boolean;
  /** Where the table has others than declared. */
  readonly properties?: readonly PropertyChange[];
  /** What its table becomes before rows come in; of an ingest alone. */
  readonly shape?: Reshaping | undefined;
  /** True where no row of the table stays. */
  readonly isMadeAnew?: boolean;
  /** What a person should know, whether it is due or not. */
  readonly notes?: readonly string[];
}

/** Looks without changing anything. */
export async function lookAt(context: LookContext, step: ProjectStep): Promise<Due> {
  const { asset, name } = step;
  if (isIngested(asset)) return lookAtIngest(context, asset);
  if (isTransformed(asset)) return lookAtTransform(context, asset);
  if (asset.kind === "publication")
    return { because: await publicationStaleBecause(context, name, asset) };
  return { because: await pictureStaleBecause(context, name, asset) };
}

async function lookAtIngest(context: LookContext, asset: Ingested): Promise<Due> {
  const stale = await judgedAnewBecause(context, asset);
  const choice = await chooseFiles(context, asset, { all: stale !== undefined });
  const table = await context.lake.find(asset.name);
  const because =
    choice.files.length > 0
      ? (stale ?? describeChoice(choice))
      : table === undefined
        ? "it is new"
        : undefined;
  const shape = await findShape(context, asset);
  const hint = await replayHint(context, asset);
  const tooOld = await findTooOld(context, asset);
  const old = tooOld === undefined ? undefined : describeTooOld(tooOld, asset);
  const notes = [
    ...unreadableNotes(choice),
    ...(hint === undefined ? [] : [hint]),
    ...(tooOld === undefined || tooOld.rows === 0 ? [] : [`${old} and will be deleted`]),
    ...(asset.definition.deletesAbsent && table !== undefined && choice.files.length > 0
      ? ["rows whose key is not in these files will be deleted"]
      : []),
    ...notesOfConstraints(table, asset),
  ];
  return {
    because: because ?? old,
    isStep: because === undefined,
    choice,
    notes,
    shape,
    properties: changesOfProperties(table, asset),
  };
}

async function lookAtTransform(context: LookContext, asset: Transformed): Promise<Due> {
  const due = await dueOf(context, asset);
  const part = partNote(context, asset);
  const table = await context.lake.find(asset.name);
  const notes = [
    ...(await incrementNotes(context, asset)),
    ...(part === undefined || due.how === "fresh" ? [] : [part]),
    ...notesOfConstraints(table, asset),
  ];
  const properties = changesOfProperties(table, asset);
  if (due.how === "fresh") return { because: undefined, notes, properties };
  const how = { isStep: due.how === "step", isMadeAnew: due.how === "whole" };
  return { because: due.because, ...how, notes, properties };
}

function changesOfProperties(
  table: Snapshot | undefined,
  { definition }: Ingested | Transformed,
): PropertyChange[] {
  return table === undefined ? [] : propertyChanges(table, definition.properties);
}

function notesOfConstraints(
  table: Snapshot | undefined,
  { definition }: Ingested | Transformed,
): string[] {
  return table === undefined ? [] : constraintNotes(table, definition.constraints);
}

/** Does the step if it is due by now: what it reads may have changed since the plan was made. */
export async function doStep(
  context: StepContext,
  step: ProjectStep,
): Promise<StepOutcome | undefined> {
  const { asset, name } = step;
  if (asset.kind === "table") {
    const set = await setProperties(context, asset);
    const outcome = isIngested(asset)
      ? await loadAndKeep(context, asset)
      : await transformNow(context, asset);
    const isDone = outcome !== undefined && outcome.state !== "up to date";
    return isDone || set === undefined ? outcome : set;
  }
  const { because } = await lookAt(context, step);
  if (because === undefined) return undefined;
  return asset.kind === "publication"
    ? publishTable(context, name, asset)
    : drawPicture(context, name, asset);
}

async function loadAndKeep(context: StepContext, asset: Ingested): Promise<StepOutcome> {
  const shaped = await bringToShape(context, asset);
  const loaded = await load(context, asset);
  const kept = await keepRecent(context, asset);
  if (kept !== undefined) return { ...kept, ledger: loaded.ledger };
  return shaped === undefined ? loaded : { ...loaded, state: "done" };
}

/** Undefined where the table is not there yet, or has them. */
async function setProperties(
  { lake }: StepContext,
  asset: Ingested | Transformed,
): Promise<StepOutcome | undefined> {
  const table = await lake.find(asset.name);
  if (changesOfProperties(table, asset).length === 0 || table === undefined) return undefined;
  const { version } = await applyProperties(lake, table, asset.definition.properties);
  return { state: "done", version, ledger: NOTHING };
}

async function transformNow(
  context: StepContext,
  asset: Transformed,
): Promise<StepOutcome | undefined> {
  const due = await dueOf(context, asset);
  const shaped = await bringTransformToShape(context, asset, { isMadeAnew: due.how === "whole" });
  if (due.how === "fresh")
    return shaped && { state: "done", version: shaped.version, ledger: NOTHING };
  if (due.how === "step") return takeStep(context, asset, due);
  if (due.how === "part") return replacePart(context, asset);
  const isFirst = (await context.lake.find(asset.name)) === undefined;
  if (isFollowing(asset) && !isFirst) context.note(`made anew: ${due.because}`);
  return refresh(context, asset);
}
