/** `millrace plan`: what a run would do. */

import type { Command } from "../context.ts";
import { openPlace, openProject, withLook } from "../place.ts";

export const command: Command = async (context) => {
  const { output } = context;
  const project = await openProject(context);
  const workspace = await openPlace(context, project);
  try {
    const { planRun } = await import("../../run/plan.ts");
    const plan = await withLook(context, workspace, (place) => planRun(project, place));
    if (output.isJson) await output.document(plan);
    else {
      const { renderPlan } = await import("../../run/explain.ts");
      await output.result(`${renderPlan(plan)}\n`);
    }
    return plan.steps.some(({ action }) => action === "fail") ? 1 : 0;
  } finally {
    await workspace.close();
  }
};
