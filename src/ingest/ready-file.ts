/** A file in a form that the engine reads: what the stage for each format takes, and what it gives. */

import type { Engine } from "../engine/engine.ts";
import type { StepContext } from "../lake/step.ts";
import type { FileProblem } from "../source/file-problem.ts";
import type { IngestDefinition } from "./asset.ts";
import type { ReadColumn } from "./condition.ts";
import type { InputFile, Records, RemovedRecords } from "./records.ts";

export interface PrepareInput {
  readonly context: StepContext;
  readonly session: Engine;
  readonly folder: string;
  readonly definition: IngestDefinition;
  readonly read: readonly ReadColumn[];
}

export interface ReadyInput extends PrepareInput {
  /** No other file is read with it. */
  readonly isAlone: boolean;
}

/** Files of equal keys are read at once. */
export type Ready =
  | { readonly problem: FileProblem }
  | {
      readonly key: string;
      readonly readPath: string;
      readonly removed?: RemovedRecords | undefined;
      readonly records: (files: readonly InputFile[]) => Records;
    };
