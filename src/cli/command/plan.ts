/** `millrace plan`: what a run would do. */

import type { Command } from "../context.ts";
import { openPlace, openProject, withLook } from "../place.ts";

export const command: Command = async (context) => {
  const { output } = context;
  const project = await openProject(context);
  // The engine takes as long to open as the code to load.
  const [workspace, { planRun }] = await Promise.all([
    openPlace(context, project),
    import("../../run/plan.ts"),
  ]);
  try {
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
