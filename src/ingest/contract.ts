/**
 * A contract compiled to SQL. A relation of raw texts passes through four layers, so that each later one can name
 * what the earlier one made:
 *
 *     raw      "~r0", "~r1" ...         texts as they came, one per column that is read from the record
 *     clean    "~x0", "~x1" ...         after `clean`
 *     typed    "name", "email" ...      after strict conversion, null where it failed; after a quick one for `judge`
 *     judged   "~class"                 'good', 'bad' or 'filtered'
 *
 * `holds` and `reasons` come from one list of conditions, so that a row is bad exactly when it has a reason.
 */

import { createHash } from "node:crypto";
import { renderJson } from "../base/json.ts";
import { duckdbType } from "../engine/type.ts";
import { sqlOfConstraints } from "../lake/constraint.ts";
import { fieldOf } from "../schema/column-type.ts";
import type { Field } from "../schema/type.ts";
import { literal } from "../sql/literal.ts";
import { quoteName, quoteText } from "../sql/quote.ts";
import { type Resolver, renderSql } from "../sql/render.ts";
import type { Sql } from "../sql/template.ts";
import type { IngestDefinition } from "./asset.ts";
import {
  type Condition,
  columnConditions,
  constraintCondition,
  masked,
  REFERENCE,
  type ReadColumn,
  rowCondition,
  secretColumns,
  unknownColumn,
} from "./condition.ts";
import { convert } from "./convert.ts";
import { quickConvert } from "./quick-convert.ts";
import { type SieveDemand, sieveDemand } from "./sieve-demand.ts";

/** A value longer than this is cut in a reason; the raw record keeps it whole. */
const MOST_VALUE_CHARACTERS = 1000;

/** What the reader of a format must know to make the raw layer, and what it can tell. */
export interface RawLayer {
  /** A relation with `~r0` ..., and what else its records are made of. */
  readonly relation: string;
  /** What makes it a record at all: of one that is none the first that fails is the only reason. */
  readonly recordConditions?: readonly Condition[];
  /** SQL over the relation that must be true of a record beside the contract. */
  readonly extraConditions?: readonly Condition[];
  /** The texts of the record's file and line, and the time of arrival, for position() and arrival(). */
  readonly file: string;
  readonly line: string;
  readonly place: string;
}

export interface Contract {
  readonly fields: readonly Field[];
  /** Names the contract: changes with everything that decides about a row. */
  readonly version: string;
  readonly read: readonly ReadColumn[];
  /** True where every record of the layer is a good row. */
  takesAll(raw: RawLayer): boolean;
  /** For records that went through a sieve; undefined where rows are filtered, which needs every one of them. */
  sifted(): SiftedContract | undefined;
  /** A query that gives the typed columns, `~class`, and the columns of the raw relation. */
  judge(raw: RawLayer): string;
  /** The same with `~reasons` as well, which is cheaper than both one after the other; not where rows are filtered. */
  judgeWithReasons(raw: RawLayer): string;
  /** The typed columns with `~reasons`, a list of structs, empty for a good row, and the columns of the raw relation. */
  explain(raw: RawLayer): string;
}

/**
 * The contract over records whose lines surely have the right shape. The raw layer holds values of their own types
 * where the sieve knows one, so that only those rules are left to hold that it does not.
 */
export interface SiftedContract {
  /** By the column that is read. */
  readonly demands: readonly SieveDemand[];
  /**
   * A query of rows that are surely good: the typed columns, and those of the raw relation. `otherwise` is SQL of what
   * is asked of the others, over the same columns: whether they are among them all the same.
   */
  judge(raw: RawLayer, otherwise: string): string;
}

export interface ContractInput {
  readonly definition: IngestDefinition;
  readonly resolver: Omit<Resolver, "column">;
  /** When the run began. */
  readonly arrival: Date;
  /** True where an input was seen to hold NUL bytes, which no other tool takes. */
  readonly refuseNul: boolean;
}

export function compileContract({
  definition,
  resolver,
  arrival,
  refuseNul,
}: ContractInput): Contract {
  const columns = Object.entries(definition.columns);
  const read = columns
    .filter(([, { type }]) => type.kind !== "position" && type.kind !== "arrival")
    .map(([name, column]) => ({ name, path: column.from ?? name, definition: column }));
  const fields = columns.map(([name, column]) => fieldOf(name, column));
  const render = (sql: Sql, value?: string): string =>
    renderSql(sql, {
      ...resolver,
      column: () => value ?? unknownColumn(),
    }).text;
  const cleaned = read.map(({ definition: column }, index) =>
    column.clean.reduce((text, how) => `(${render(how(REFERENCE), text)})`, `"~r${index}"`),
  );
  const rules = Object.entries(definition.rules).map(([message, rule]) => ({
    message,
    text: render(rule),
  }));
  const where = definition.where === undefined ? undefined : render(definition.where);
  const isSecret = secretColumns(definition, read);
  const ofColumns = read.flatMap((column, index) =>
    columnConditions(column, index, refuseNul, render),
  );
  const constraints = Object.entries(sqlOfConstraints(definition.constraints));
  const conditions = [
    ...ofColumns,
    ...rules.map(({ message, text }) => rowCondition(message, text, fields, isSecret)),
    ...constraints.map(([name, sql]) =>
      constraintCondition(name, render(sql), { fields, ofColumns, isSecret }),
    ),
  ];
  const strict = read.map(({ definition: { type } }, index) => convert(type, `"~x${index}"`));
  const lenient = read.map(
    ({ definition: { type } }, index) => quickConvert(type, `"~x${index}"`).value,
  );
  const version = createHash("sha256")
    .update(
      renderJson([
        fields,
        read.map(({ path }) => path),
        cleaned,
        strict,
        conditions.map(({ quick: _, exact: __, asked: ___, ...condition }) => condition),
        where ?? "",
        definition.unique ?? "",
        definition.extra,
      ]),
    )
    .digest("hex")
    .slice(0, 16);

  const typedLayer = (raw: RawLayer, values: readonly string[]): string => {
    const typed = read.map(({ name }, index) => `${values[index]} as ${quoteName(name)}`);
    const made = columns.flatMap(([name, { type }]) => {
      if (type.kind === "arrival") return [`${literal(arrival)} as ${quoteName(name)}`];
      return type.kind === "position" ? [`${raw[type.part]} as ${quoteName(name)}`] : [];
    });
    const clean = cleaned.map((text, index) => `${text} as "~x${index}"`);
    return `select *, ${[...typed, ...made].join(", ")} from (select *, ${clean.join(", ") || "1"} from ${raw.relation})`;
  };

  const explain = (raw: RawLayer): string => {
    const reasons = [...(raw.extraConditions ?? []), ...conditions].map((one) =>
      reasonOf(one.column !== null && isSecret(one.column) ? masked(one) : one),
    );
    const empty = `[]::${duckdbType(REASONS)}`;
    const list =
      reasons.length === 0
        ? empty
        : `list_filter([${reasons.join(", ")}], lambda r: r is not null)`;
    const none = (raw.recordConditions ?? []).map(
      (one) => `when not (${one.holds}) then [${structOf(one)}]`,
    );
    const all = none.length === 0 ? list : `case ${none.join(" ")} else ${list} end`;
    return `select *, coalesce(${all}, ${empty}) as "~reasons" from (${typedLayer(raw, strict)})`;
  };

  const sifted = (): SiftedContract => {
    const demands = read.map(({ definition: column }) => sieveDemand(column));
    const values = lenient.map((value, index) =>
      demands[index]?.is.kind === "text" ? value : `"~x${index}"`,
    );
    const byName = new Map(read.map(({ name }, index) => [name, demands[index]]));
    const left = conditions.filter(({ column, rule, asked }) => {
      const demand = column === null ? undefined : byName.get(column);
      if (demand === undefined) return true;
      if (asked !== undefined && demand.holds.has(asked)) return false;
      return demand.is.kind === "text" || (rule !== "type" && rule !== "required");
    });
    return {
      demands,
      judge(raw, otherwise) {
        const own = left.filter(({ isOwn }) => isOwn).map(({ holds }) => holds);
        const kept = own.length === 0 ? "true" : caseOf(conjunction(own), "true", otherwise);
        // As the condition of a case each test meets only the rows that held the ones before.
        return `select * from (${typedLayer(raw, values)}) where ${caseOf(quickTest(raw, left), kept, otherwise)}`;
      },
    };
  };

  return {
    fields,
    version,
    read,
    takesAll: (raw) => where === undefined && allOf(raw, conditions).length === 0,
    sifted: () => (where === undefined && !refuseNul ? sifted() : undefined),
    judge(raw) {
      if (where !== undefined) {
        const judged = filteredClass(raw, conditions, where);
        return `select *, (${judged})::utinyint as "~class" from (${typedLayer(raw, strict)})`;
      }
      const tested = `select *, (${quickTest(raw, conditions)}) as "~quick" from (${typedLayer(raw, lenient)})`;
      return `select *, (${quickClass(raw, conditions)})::utinyint as "~class" from (${tested})`;
    },
    judgeWithReasons(raw) {
      const { GOOD, BAD } = CLASS_VALUES;
      const judged = `case when len("~reasons") = 0 then ${GOOD} else ${BAD} end`;
      return `select *, (${judged})::utinyint as "~class" from (${explain(raw)})`;
    },
    explain,
  };
}

/** What `~class` says of a row. */
export const CLASS_VALUES = { GOOD: 0, BAD: 1, FILTERED: 2 } as const;

/**
 * Over quickly converted values and "~quick", whether the cheap tests hold all together: the engine makes them column
 * by column for many rows at once, and only the few rows that fail there are looked at exactly. What a person wrote
 * sees no value that is not exact.
 */
function quickClass(raw: RawLayer, conditions: readonly Condition[]): string {
  const { GOOD, BAD } = CLASS_VALUES;
  const all = allOf(raw, conditions);
  const own = all.filter(({ isOwn }) => isOwn).map(({ holds }) => holds);
  const good =
    own.length === 0 ? GOOD : `case when ${conjunction(own)} then ${GOOD} else ${BAD} end`;
  const exact = all.filter(({ isOwn }) => !isOwn).map((one) => one.exact ?? one.holds);
  return `case when "~quick" then ${good} when ${conjunction(exact)} then ${good} else ${BAD} end`;
}

function quickTest(raw: RawLayer, conditions: readonly Condition[]): string {
  const tests = allOf(raw, conditions).filter(({ isOwn }) => !isOwn);
  return conjunction(tests.map(({ quick, exact, holds }) => quick ?? exact ?? holds));
}

function allOf(raw: RawLayer, conditions: readonly Condition[]): Condition[] {
  return [...(raw.recordConditions ?? []), ...(raw.extraConditions ?? []), ...conditions];
}

function caseOf(test: string, then: string, otherwise: string): string {
  return `case when ${test} then ${then} else ${otherwise} end`;
}

function conjunction(tests: readonly string[]): string {
  return tests.filter((one) => one !== "").join(" and ") || "true";
}

/** Over strictly converted values: a row that is filtered is none of the bad ones, unless it is no record at all. */
function filteredClass(raw: RawLayer, conditions: readonly Condition[], where: string): string {
  const { GOOD, BAD, FILTERED } = CLASS_VALUES;
  const isRecord = (raw.recordConditions ?? []).map(({ holds }) => holds);
  const all = [...(raw.extraConditions ?? []), ...conditions].map(({ holds }) => holds);
  const good = [...isRecord, ...all].join(" and ") || "true";
  const none = isRecord.length === 0 ? "" : `when not (${isRecord.join(" and ")}) then ${BAD}`;
  return `case ${none} when coalesce((${where}), true) = false then ${FILTERED} when not coalesce((${good}), false) then ${BAD} when (${where}) then ${GOOD} else ${FILTERED} end`;
}

/** The type of the column `reasons` of a quarantine table. */
export const REASONS = {
  kind: "array",
  containsNull: false,
  element: {
    kind: "struct",
    fields: ["column", "rule", "message", "value"].map(
      (name) => ({ name, type: "string", nullable: true }) as const,
    ),
  },
} as const;

function reasonOf(condition: Condition): string {
  return `case when not (${condition.holds}) then ${structOf(condition)} end`;
}

function structOf({ column, rule, message, says, value }: Condition): string {
  const name = column === null ? "null::varchar" : quoteText(column);
  return `struct_pack("column" := ${name}, "rule" := ${quoteText(rule)}, "message" := ${says ?? quoteText(message)}, "value" := left((${value})::varchar, ${MOST_VALUE_CHARACTERS}))`;
}
