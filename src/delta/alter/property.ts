/** Table properties that are set, taken away, and constraints that are dropped. */

import { MillraceError } from "../../base/error.ts";
import { nearestWord } from "../../base/suggest.ts";
import { CONSTRAINT_PREFIX, type Configuration, checkProperties } from "../property.ts";
import type { TableContent } from "../table-spec.ts";
import { constraintKey } from "./dependent.ts";
import type { DropConstraint, SetProperties, UnsetProperties } from "./table-change.ts";

/** Properties that tell how the files that are there were written. */
const KEPT = ["delta.columnMapping.", "delta.inCommitTimestampEnablement"];

export function setProperties(table: TableContent, { properties }: SetProperties): TableContent {
  checkProperties(properties);
  for (const [key, value] of Object.entries(properties)) {
    if (table.configuration[key] === value) continue;
    if (key.startsWith(CONSTRAINT_PREFIX)) throw asConstraint(key, "set");
    if (key === "delta.columnMapping.maxColumnId" || key.startsWith(KEPT[1] ?? "")) {
      throw kept(key);
    }
  }
  return { ...table, configuration: { ...table.configuration, ...properties } };
}

export function unsetProperties(table: TableContent, change: UnsetProperties): TableContent {
  const { keys, ifSet = false } = change;
  for (const key of keys) {
    if (key.startsWith(CONSTRAINT_PREFIX)) throw asConstraint(key, "taken away");
    if (!Object.hasOwn(table.configuration, key)) {
      if (ifSet) continue;
      const near = nearestWord(key, Object.keys(table.configuration));
      throw new MillraceError(`The table has no property ${key}.`, {
        code: "delta/bad-property",
        hint: near === undefined ? "There is nothing to take away." : `Did you mean ${near}?`,
      });
    }
    if (KEPT.some((prefix) => key.startsWith(prefix))) throw kept(key);
  }
  return { ...table, configuration: without(table.configuration, keys) };
}

export function dropConstraint(table: TableContent, change: DropConstraint): TableContent {
  const key = constraintKey(table, change.name);
  if (key !== undefined) {
    return { ...table, configuration: without(table.configuration, [key]) };
  }
  if (change.ifThere === true) return table;
  const names = Object.keys(table.configuration)
    .filter((each) => each.startsWith(CONSTRAINT_PREFIX))
    .map((each) => each.slice(CONSTRAINT_PREFIX.length));
  throw new MillraceError(`The table has no CHECK constraint "${change.name}".`, {
    code: "delta/bad-property",
    hint: names.length === 0 ? "It has none at all." : `It has ${names.join(", ")}.`,
  });
}

function without(configuration: Configuration, keys: readonly string[]): Configuration {
  return Object.fromEntries(Object.entries(configuration).filter(([key]) => !keys.includes(key)));
}

function asConstraint(key: string, act: string): MillraceError {
  return new MillraceError(`The constraint ${key} cannot be ${act} as a property.`, {
    code: "delta/bad-property",
    hint: "Add or drop the constraint by its name: then the rows that are there are checked first.",
  });
}

function kept(key: string): MillraceError {
  return new MillraceError(`The table property ${key} cannot be changed by hand.`, {
    code: "delta/bad-property",
    hint: "It says how files or commits that are there were written.",
  });
}
