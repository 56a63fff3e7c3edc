/** The raw layer over JSON texts: one `json_transform` takes all fields out of a record at once. */

import type { Engine } from "../engine/engine.ts";
import { quoteText } from "../sql/quote.ts";
import type { Condition, ReadColumn } from "./condition.ts";
import type { RawLayer } from "./contract.ts";
import { jsonPath, jsonStep } from "./convert.ts";
import { knownFields } from "./extra.ts";
import { exactValue } from "./json-digit.ts";
import { type InputFile, positionsOf, type Records } from "./records.ts";

export interface JsonInput {
  readonly engine: Engine;
  readonly files: readonly InputFile[];
  readonly read: readonly ReadColumn[];
  /** Whether a record with a field that no column asks for is turned away. */
  readonly refuseExtra: boolean;
  /** True where a path is a name as it is, dots and all, as in a sheet. */
  readonly isFlat: boolean;
}

/** Over a relation of `~record`, `~file`, `~line`, `~place`, and what else is carried. */
export function jsonLayers(
  { files, read, refuseExtra, isFlat }: JsonInput,
  relation: string,
  { problem, carried: others = [] }: { problem?: Condition; carried?: readonly string[] } = {},
): Pick<Records, "files" | "raw" | "carried" | "again" | "rawJson"> {
  const { structure, fields } = fieldsOf(read, isFlat);
  const recordConditions = [...(problem === undefined ? [] : [problem]), IS_OBJECT];
  const extraConditions = [
    ...(isFlat ? [] : scalarTexts(read)),
    ...(refuseExtra ? [noExtra(read, isFlat), EACH_ONCE] : []),
  ];
  const layer = (from: string): RawLayer => {
    const taken = fields.map((field, index) => `${field} as "~r${index}"`);
    const cut =
      structure === undefined ? "null" : `json_transform("~record", ${quoteText(structure)})`;
    return {
      relation: `(select * exclude ("~fields"), ${taken.join(", ") || "1"} from (select *, ${cut} as "~fields" from ${from}))`,
      recordConditions,
      extraConditions,
      ...positionsOf(files),
    };
  };
  const parts = [["raw", "~record"], ...["file", ...others].map((name) => [name, `~${name}`])];
  const carried = parts.map(([part, column]) => `'${part}': "${column}"`);
  const unpacked = parts.map(([part, column]) => `"~carried".${part} as "${column}"`);
  if (!others.includes("line")) unpacked.push(`"~carried".line as "~line"`);
  if (!others.includes("place")) unpacked.push(`null::varchar as "~place"`);
  return {
    files,
    raw: layer(relation),
    carried: `{${carried.join(", ")}}`,
    again: (from) => layer(`(select *, ${unpacked.join(", ")} from ${from})`),
    rawJson: `"~record"`,
  };
}

type Tree = Map<string, Tree | string>;

/** The structure that `json_transform` reads, and the expression of each column over it. */
function fieldsOf(
  read: readonly ReadColumn[],
  isFlat: boolean,
): { structure: string | undefined; fields: readonly string[] } {
  const tree: Tree = new Map();
  const fields = read.map(({ path, definition: { type } }) => {
    const isJson = ["json", "list", "struct"].includes(type.kind);
    const levels = isFlat ? 0 : (/^(\^\.)*/.exec(path)?.[0].length ?? 0);
    const name = path.slice(levels);
    if (levels > 0) {
      const from = `$[${levels / 2 - 1}]${jsonPath(name).slice(1)}`;
      const value = extracted(`"~enclosing"`, from, isJson);
      return exactValue(type, { value, json: `"~enclosing"`, path: from });
    }
    const steps = isFlat ? [name] : name.split(".");
    const inside = steps.map(jsonStep).join("");
    const exact = (value: string): string =>
      exactValue(type, {
        value,
        json: `"~record"`,
        path: `$${inside}`,
        key: steps.length === 1 ? name : undefined,
      });
    if (!plant(tree, steps, isJson ? "JSON" : "VARCHAR"))
      return exact(extracted(`"~record"`, `$${inside}`, isJson));
    const place = steps.map((step) => `[${quoteText(step)}]`).join("");
    return exact(isJson ? `nullif("~fields"${place}::varchar, 'null')` : `"~fields"${place}`);
  });
  return { structure: tree.size === 0 ? undefined : renderTree(tree), fields };
}

function extracted(json: string, path: string, isJson: boolean): string {
  return isJson
    ? `nullif(json_extract(${json}, ${quoteText(path)})::varchar, 'null')`
    : `json_extract_string(${json}, ${quoteText(path)})`;
}

/** False where the place is taken by something else, or by a name that a struct cannot tell apart. */
function plant(tree: Tree, steps: readonly string[], type: string): boolean {
  const [step, ...rest] = steps;
  if (step === undefined) return false;
  const twin = [...tree.keys()].find(
    (key) => key !== step && key.toLowerCase() === step.toLowerCase(),
  );
  if (twin !== undefined) return false;
  const there = tree.get(step);
  if (rest.length === 0) {
    if (there === undefined) tree.set(step, type);
    return there === undefined || there === type;
  }
  if (typeof there === "string") return false;
  const branch: Tree = there ?? new Map();
  if (there === undefined) tree.set(step, branch);
  return plant(branch, rest, type);
}

function renderTree(tree: Tree): string {
  const members = [...tree].map(
    ([name, branch]) =>
      `${JSON.stringify(name)}:${typeof branch === "string" ? JSON.stringify(branch) : renderTree(branch)}`,
  );
  return `{${members.join(",")}}`;
}

const IS_OBJECT: Condition = {
  column: null,
  rule: "record",
  message: "is not a JSON object",
  holds: `coalesce(starts_with("~record", '{'), false)`,
  value: "null",
};

/** Of fields with the same name only the first is read. To find them costs as much as to read the record. */
const EACH_ONCE: Condition = {
  column: null,
  rule: "extra",
  message: "names a field more than once",
  holds: `coalesce(list_unique(try(json_keys("~record"))) = len(try(json_keys("~record"))), true)`,
  value: "null",
};

/** A text column refuses an object or a list, whose JSON text it would otherwise become. */
function scalarTexts(read: readonly ReadColumn[]): Condition[] {
  return read.flatMap(({ name, path, definition }, index) => {
    if (definition.type.kind !== "text" || path.startsWith("^.")) return [];
    if (definition.takesJson === true) return [];
    const raw = `"~r${index}"`;
    const kind = `json_type("~record", ${quoteText(jsonPath(path))})`;
    const holds = `case when starts_with(${raw}, '{') or starts_with(${raw}, '[') then coalesce(${kind}, '') not in ('OBJECT', 'ARRAY') else true end`;
    const message = "is an object or a list and not a text";
    return [{ column: name, rule: "type", message, holds, value: raw }];
  });
}

function noExtra(read: readonly ReadColumn[], isFlat: boolean): Condition {
  const known = knownFields(read, isFlat);
  const extra = `list_filter(try(json_keys("~record")), lambda k: k not in (${known.map(quoteText).join(", ")}))`;
  return {
    column: null,
    rule: "extra",
    message: "has fields that no column asks for",
    says: `'has fields that no column asks for: ' || array_to_string(${extra}, ', ')`,
    holds: `coalesce(len(${extra}), 0) = 0`,
    value: "null",
  };
}
