/** A plan in words for people. */

import { isNothingToDo, type Plan, type PlannedStep } from "./plan.ts";

const SHOWN_FILES = 5;
const VERBS: Readonly<Record<PlannedStep["action"], string>> = {
  create: "create",
  load: "load",
  rebuild: "rebuild",
  replace: "replace",
  update: "update",
  write: "write",
  fail: "fail",
  nothing: "keep",
};

/** Lines without colour; a step with nothing to do is one line. */
export function renderPlan(plan: Plan): string {
  const width = Math.max(...plan.steps.map(({ name }) => name.length), 0);
  const lines = plan.steps.flatMap((step) => renderStep(step, width));
  const due = plan.steps.filter(({ action }) => action !== "nothing").length;
  const end = isNothingToDo(plan)
    ? "Nothing to do: everything is up to date."
    : `${due} of ${plan.steps.length} steps to do. Nothing has been changed; \`millrace run\` does it.`;
  return [`Plan of ${plan.project} into ${plan.lake}`, "", ...lines, "", end].join("\n");
}

function renderStep(step: PlannedStep, width: number): string[] {
  const head =
    `  ${VERBS[step.action].padEnd(8)}${step.name.padEnd(width + 2)}${step.because}`.trimEnd();
  const files = step.files
    .slice(0, SHOWN_FILES)
    .map(
      ({ name, size, why }) =>
        `             ${why === "new" ? "+" : "~"} ${name} (${renderBytes(size)})`,
    );
  const more =
    step.files.length > SHOWN_FILES
      ? [`             ... and ${step.files.length - SHOWN_FILES} more files`]
      : [];
  const columns = step.columns.map(
    ({ column, change, means }) => `             ${change} column "${column}": ${means}`,
  );
  const constraints = step.constraints.map(
    ({ constraint, change, from, to }) =>
      `             constraint ${constraint} ${change}: ${[from, to].filter((one) => one !== undefined).join(" becomes ")}`,
  );
  const properties = step.properties.map(
    ({ property, from, to }) =>
      `             property ${property}: ${from === undefined ? to : `${from} to ${to}`}`,
  );
  const next = step.schedule?.next;
  const schedule =
    step.schedule === undefined
      ? []
      : [`             due ${step.schedule.words}${next === undefined ? "" : `, next ${next}`}`];
  const notes = step.notes.map((note) => `             ${note}`);
  const shape = [...columns, ...constraints, ...properties];
  return [head, ...files, ...more, ...shape, ...schedule, ...notes];
}

function renderBytes(size: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = Math.min(
    units.length - 1,
    Math.max(0, Math.floor(Math.log10(Math.max(size, 1)) / 3)),
  );
  return power === 0 ? `${size} B` : `${(size / 1000 ** power).toFixed(1)} ${units[power]}`;
}
