/** Rules that a table sets for its rows: whoever adds rows must have seen that they hold. */

import { isJsonObject, parseJson } from "../base/json.ts";
import type { Field } from "../schema/type.ts";
import { visitFields } from "./field-tree.ts";

export interface TableRule {
  /** As messages and `Change.kept` name it: `CHECK constraint positive`, `invariant of column a.b`. */
  readonly name: string;
  /** `identity` has no expression: its values come from a counter in the log. */
  readonly kind: "constraint" | "invariant" | "generated" | "identity";
  /** In the words of Spark SQL. Of a constraint or invariant it must be true, of a generated column it is the value. */
  readonly expression: string;
  /** Logical names down to the column that bears the rule. */
  readonly column: readonly string[] | undefined;
}

const CONSTRAINT = "delta.constraints.";

/** All rules of a table, its CHECK constraints first. NOT NULL is a part of the schema and none of them. */
export function rulesOf(
  fields: readonly Field[],
  configuration: Readonly<Record<string, string>>,
): TableRule[] {
  const rules = Object.entries(configuration)
    .filter(([key]) => key.toLowerCase().startsWith(CONSTRAINT))
    .map(
      ([key, expression]): TableRule => ({
        name: `CHECK constraint ${key.slice(CONSTRAINT.length)}`,
        kind: "constraint",
        expression,
        column: undefined,
      }),
    );
  visitFields(fields, ({ metadata = {} }, column) => {
    const place = column.join(".");
    const add = (kind: TableRule["kind"], name: string, expression: string) =>
      rules.push({ name: `${name} ${place}`, kind, expression, column });
    const generated = metadata["delta.generationExpression"];
    if ("delta.invariants" in metadata) {
      add("invariant", "invariant of column", invariantOf(metadata["delta.invariants"]));
    }
    if (generated !== undefined) add("generated", "generated column", String(generated));
    if ("delta.identity.start" in metadata || "delta.identity.step" in metadata) {
      add("identity", "identity column", "");
    }
  });
  return rules;
}

/** The condition within the JSON text that holds it; a text of another form stands for itself. */
function invariantOf(value: unknown): string {
  const text = String(value);
  try {
    const found = parseJson(text);
    const outer = isJsonObject(found) ? found.expression : undefined;
    const inner = isJsonObject(outer) ? outer.expression : undefined;
    return typeof inner === "string" ? inner : text;
  } catch {
    return text;
  }
}
