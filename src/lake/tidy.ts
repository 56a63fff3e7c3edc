/** Small-file care for a table that a step has appended to, before those read it that depend on it. */

import { messageOf } from "../base/error.ts";
import { tidyTable } from "../operation/tidy.ts";
import { withSession } from "./session.ts";
import type { StepContext } from "./step.ts";

/** Fewer files than this are never worth a session. */
const LEAST_FILES = 50;

/** The step has done its work whatever becomes of this: a failure is a remark, and the next step tries again. */
export async function tidyAfter(
  context: Pick<StepContext, "lake" | "signal" | "note">,
  name: string,
): Promise<void> {
  const { lake, signal, note } = context;
  try {
    const table = await lake.find(name);
    if (table === undefined || table.files.length < LEAST_FILES) return;
    await withSession(context, (engine) => tidyTable({ delta: lake.delta, engine, signal }, table));
  } catch (error) {
    if (!signal.aborted) note(`the files of ${name} were not laid together: ${messageOf(error)}`);
  }
}
