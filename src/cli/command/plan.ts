/** `millrace plan`: what a run would do. */

import type { Command } from "../context.ts";
import { openPlace, openProject } from "../place.ts";

export const command: Command = async (context) => {
  const { output, stop } = context;
  const project = await openProject(context);
  const workspace = await openPlace(context, project);
  try {
    stop.check();
    const { planRun } = await import("../../run/plan.ts");
    const plan = await planRun(project, workspace);
    if (output.isJson) await output.document(plan);
    else {
      const { renderPlan } = await import("../../run/explain.ts");
      await output.result(renderPlan(plan));
    }
    return plan.steps.some(({ action }) => action === "fail") ? 1 : 0;
  } finally {
    await workspace.close();
  }
};
