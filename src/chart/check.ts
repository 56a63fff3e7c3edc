/** Checks of the options that a person gives to a chart; each names the option, the value found and what is allowed. */

import { MillraceError } from "../base/error.ts";
import { suggestWord } from "../base/suggest.ts";
import { isSql, type Sql } from "../sql/template.ts";

/** So many bins are more than a reader can tell apart. */
const MOST_EDGES = 201;

export function checkKnown(place: string, how: unknown, allowed: readonly string[]): void {
  if (typeof how !== "object" || how === null) {
    throw wrong(place, "its options", how, `Write ${place}({ from: sql\`...\`, ... }).`);
  }
  for (const option of Object.keys(how)) {
    if (allowed.includes(option)) continue;
    throw new MillraceError(`${place} has no option "${option}"`, {
      code: "chart/unknown-option",
      hint: suggestWord(option, allowed),
    });
  }
}

export function checkQuery(place: string, value: unknown): Sql {
  if (isSql(value)) return value;
  throw wrong(place, "from", value, "Write from: sql`select ...`, and tables in it as values.");
}

export function checkTitle(place: string, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "string") return value;
  throw wrong(place, "title", value, "A title is text.");
}

export function checkName(place: string, option: string, value: unknown): string {
  if (typeof value === "string" && value.trim() !== "") return value;
  throw wrong(place, option, value, `Name a column of the query: ${option}: "amount".`);
}

export function checkNames(place: string, option: string, value: unknown): readonly string[] {
  if (!Array.isArray(value)) return Object.freeze([checkName(place, option, value)]);
  const names = value.map((name: unknown) => checkName(place, option, name));
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (names.length === 0) throw wrong(place, option, value, "Name at least one column.");
  if (twice !== undefined) throw wrong(place, option, value, `Name "${twice}" once.`);
  return Object.freeze(names);
}

export function checkFlag(place: string, option: string, value: unknown): boolean {
  if (value === undefined || typeof value === "boolean") return value ?? false;
  throw wrong(place, option, value, `Write ${option}: true, or leave it out.`);
}

export function checkEdges(place: string, value: unknown): readonly number[] {
  const hint = "Give two or more finite numbers, each greater than the one before: [0, 10, 100].";
  if (!Array.isArray(value) || value.length < 2) throw wrong(place, "edges", value, hint);
  const edges: readonly unknown[] = value;
  const checked = edges.map((edge, index) => {
    const before = edges[index - 1];
    const ascends = typeof edge === "number" && (typeof before !== "number" || edge > before);
    if (!ascends || !Number.isFinite(edge)) throw wrong(place, `edges[${index}]`, edge, hint);
    return edge;
  });
  if (checked.length > MOST_EDGES) {
    throw new MillraceError(`${place} has ${checked.length} edges, more than ${MOST_EDGES}`, {
      code: "chart/wrong-option",
      hint: "Fewer, wider bins show more.",
    });
  }
  return Object.freeze(checked);
}

function wrong(place: string, option: string, value: unknown, hint: string): MillraceError {
  const found = value === undefined ? "missing" : `${JSON.stringify(value) ?? typeof value}`;
  return new MillraceError(`${place}: ${option} is ${found}`, { code: "chart/wrong-option", hint });
}
