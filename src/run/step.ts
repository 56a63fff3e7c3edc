/** One door to the steps of every kind: why a step is due, and doing it. */

import { isIngested } from "../ingest/asset.ts";
import { type Choice, chooseFiles } from "../ingest/choose.ts";
import { staleBecause as judgedAnewBecause, replayHint } from "../ingest/judged-by.ts";
import { describeChoice, load, unreadableNotes } from "../ingest/load.ts";
import type { StepContext, StepOutcome } from "../lake/step.ts";
import type { ProjectStep } from "../project/graph.ts";
import { drawPicture, pictureStaleBecause } from "../publish/draw-picture.ts";
import { publicationStaleBecause, publishTable } from "../publish/publish-table.ts";
import { isTransformed } from "../transform/asset.ts";
import { refresh, staleBecause } from "../transform/refresh.ts";

export type LookContext = Pick<StepContext, "lake" | "root" | "text" | "param">;

export interface Due {
  /** In words; undefined where there is nothing to do. */
  readonly because: string | undefined;
  readonly choice?: Choice;
  /** What a person should know, whether it is due or not. */
  readonly notes?: readonly string[];
}

/** Looks without changing anything. */
export async function lookAt(context: LookContext, { asset, name }: ProjectStep): Promise<Due> {
  if (isIngested(asset)) {
    const stale = await judgedAnewBecause(context, asset);
    const choice = await chooseFiles(context, asset, { all: stale !== undefined });
    const isNew = (await context.lake.find(asset.name)) === undefined;
    const because =
      choice.files.length > 0 ? (stale ?? describeChoice(choice)) : isNew ? "it is new" : undefined;
    const hint = await replayHint(context, asset);
    const notes = [...unreadableNotes(choice), ...(hint === undefined ? [] : [hint])];
    return { because, choice, notes };
  }
  if (isTransformed(asset)) return { because: await staleBecause(context, asset) };
  if (asset.kind === "publication")
    return { because: await publicationStaleBecause(context, name, asset) };
  return { because: await pictureStaleBecause(context, name, asset) };
}

/** Does the step if it is due by now: what it reads may have changed since the plan was made. */
export async function doStep(
  context: StepContext,
  step: ProjectStep,
): Promise<StepOutcome | undefined> {
  const { asset, name } = step;
  if (isIngested(asset)) return load(context, asset);
  const { because } = await lookAt(context, step);
  if (because === undefined) return undefined;
  if (isTransformed(asset)) return refresh(context, asset);
  return asset.kind === "publication"
    ? publishTable(context, name, asset)
    : drawPicture(context, name, asset);
}
