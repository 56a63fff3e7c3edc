/**
 * JSON records as raw texts: lines of NDJSON files, or records that were staged from documents and workbooks.
 * One `json_transform` takes all fields out of a record at once.
 */

import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { Engine } from "../engine/engine.ts";
import { quotePath } from "../engine/path.ts";
import { findLines } from "../source/line-finder.ts";
import { writeUnreadableLines } from "../source/unreadable-line.ts";
import { quoteText } from "../sql/quote.ts";
import type { Condition, RawLayer, ReadColumn } from "./contract.ts";
import { jsonPath, jsonStep } from "./convert.ts";
import { knownFields } from "./extra.ts";
import { exactValue } from "./json-digit.ts";
import { ndjsonSieve } from "./json-sieve.ts";
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

/** Lines of NDJSON files. */
export function ndjsonRecords(input: JsonInput): Records {
  const { engine, files, read } = input;
  const [only] = files;
  const isOne = files.length === 1 && only !== undefined;
  const longest = Math.max(...files.map(({ inspection }) => inspection.longLine?.bytes ?? 0));
  const options = `ignore_errors=true, compression=${quoteText(only?.inspection.compression ?? "uncompressed")}, maximum_object_size=${Math.max(2 * longest, 16 * 2 ** 20)}${isOne ? "" : ", filename=true"}`;
  const reader = `read_ndjson_objects([${files.map(({ readPath }) => quotePath(readPath)).join(", ")}], ${options})`;
  const file = isOne ? quoteText(only.readPath) : "filename";
  const relation = `(select json::varchar as "~record", ${file} as "~file", null::bigint as "~line", null::varchar as "~place" from ${reader})`;
  return {
    ...jsonLayers(input, relation),
    needsLines: true,
    countsBroken: true,
    isFlat: input.isFlat,
    sieve: ndjsonSieve(input, (rest) => ndjsonRecords({ ...input, files: rest })),
    lines: (path, raws, taken) => {
      const inspection = files.find(({ readPath }) => readPath === path)?.inspection;
      return findLines(path, raws.map(String), {
        dialect: { format: "ndjson" },
        taken,
        compression: inspection?.compression,
        isPlain: inspection?.longLine === undefined,
      });
    },
    broken: async (folder, bad) => {
      if (bad === undefined) return undefined;
      const rows = await engine.rows(
        `select "~carried".file as file, count(*) as lines from ${bad} where "~carried".raw is null group by all`,
      );
      if (rows.length === 0) return undefined;
      const path = join(folder, `broken-${randomUUID()}.ndjson`);
      const unreadable = rows.flatMap((row) => {
        const input = files.find(({ readPath }) => readPath === row.file);
        return input === undefined
          ? []
          : [
              {
                name: input.found.name,
                path: input.readPath,
                compression: input.inspection.compression,
                count: Number(row.lines),
                lineOf: input.lineOf,
              },
            ];
      });
      const ordinals = async (one: string): Promise<number[]> =>
        (
          await engine.rows(
            `select n from (select row_number() over () as n, json from read_ndjson_objects(${quotePath(one)}, ${options})) where json is null order by n`,
          )
        ).map((row) => Number(row.n));
      return {
        path,
        ...(await writeUnreadableLines(unreadable, ordinals, path)),
        names: read.map(({ path: name }) => name),
      };
    },
  };
}

/** Records in Parquet files as `openRecordWriter` stages them. */
export function stagedRecords(input: JsonInput): Records {
  const { files } = input;
  const reader = `read_parquet([${files.map(({ readPath }) => quotePath(readPath)).join(", ")}], filename=true)`;
  const relation = `(select record as "~record", filename as "~file", line as "~line", place as "~place", enclosing as "~enclosing", problem as "~problem" from ${reader})`;
  const problem: Condition = {
    column: null,
    rule: "record",
    message: "is not a record",
    says: `"~problem"`,
    holds: `"~problem" is null`,
    value: "null",
  };
  return {
    ...jsonLayers(input, relation, problem),
    context: `"~enclosing"`,
    needsLines: false,
    countsBroken: false,
    isFlat: input.isFlat,
    lines: async (_path, raws) => raws.map(() => undefined),
    broken: async () => undefined,
  };
}

/** Entries of a quarantine, which has the columns `id, raw, context, file, line, position`, as records again. */
export function replayedRecords({
  relation,
  ...input
}: Omit<JsonInput, "files"> & { readonly relation: string }): Records {
  const positions = { file: `"~file"`, line: `"~line"`, place: `"~place"` };
  const columns = `raw as "~record", file as "~file", line as "~line", position as "~place", context as "~enclosing", id as "~id"`;
  const layers = jsonLayers({ ...input, files: [] }, `(select ${columns} from ${relation})`);
  return {
    ...layers,
    raw: { ...layers.raw, ...positions },
    needsLines: false,
    countsBroken: false,
    isFlat: input.isFlat,
    lines: async (_path, raws) => raws.map(() => undefined),
    broken: async () => undefined,
  };
}

function jsonLayers(
  { files, read, refuseExtra, isFlat }: JsonInput,
  relation: string,
  problem?: Condition,
): Pick<Records, "files" | "raw" | "carried" | "again" | "rawJson"> {
  const { structure, fields } = fieldsOf(read, isFlat);
  const isStaged = problem !== undefined;
  const recordConditions = [...(isStaged ? [problem] : []), IS_OBJECT];
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
  const parts: Readonly<Record<string, string>> = {
    raw: "~record",
    file: "~file",
    ...(isStaged
      ? { line: "~line", place: "~place", enclosing: "~enclosing", problem: "~problem" }
      : {}),
  };
  const carried = Object.entries(parts).map(([part, column]) => `'${part}': "${column}"`);
  const unpacked = [
    ...Object.entries(parts).map(([part, column]) => `"~carried".${part} as "${column}"`),
    ...(isStaged ? [] : [`"~carried".line as "~line"`, `null::varchar as "~place"`]),
  ];
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
