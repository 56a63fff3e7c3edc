/** A table with a door, as a person declares it: where its records come from and what a row must be. */

import { type Duration, parseDuration } from "../base/duration.ts";
import { MillraceError } from "../base/error.ts";
import {
  anything,
  checkOptions,
  kindOf,
  made,
  oneOf,
  text,
  textList,
  wrongOption,
} from "../base/option.ts";
import { suggestWord } from "../base/suggest.ts";
import { type Constraints, checkConstraints } from "../lake/constraint.ts";
import { checkTableProperties, type TableProperties } from "../lake/property.ts";
import type { Schedule } from "../schedule/schedule.ts";
import type { ColumnDefinition, Columns, RowOf } from "../schema/column.ts";
import { checkTableName, type Name, quarantineOf, type Table } from "../schema/table.ts";
import {
  type CheckedIngestWrite,
  checkIngestWrite,
  columnsOfWrite,
  type IngestWrite,
} from "../schema/write.ts";
import type { FileSource } from "../source/file-source.ts";
import { isSql, type Sql } from "../sql/template.ts";
import { checkColumns } from "./check-column.ts";
import { checkDrop } from "./check-drop.ts";

/** One row of a quarantine table. */
export interface Rejected {
  /** The values as they came, a JSON object by column name; or the line's text where it could not be cut into values. */
  readonly raw: string;
  /** `applications.csv:17`, `restaurants.json $[3].restaurants[7].restaurant`. */
  readonly position: string;
  readonly file: string;
  readonly line: bigint | null;
  readonly reasons: readonly {
    readonly column: string | null;
    readonly rule: string;
    readonly message: string;
    readonly value: string | null;
  }[];
  /** The version of the contract that turned it away. */
  readonly contract: string;
  readonly rejected_at: Date;
}

/** A table with a door: what the contract turned away lies beside it. */
export interface Ingested<R = Record<string, unknown>> extends Table<R> {
  readonly step: "ingest";
  readonly definition: IngestDefinition;
  readonly quarantine: Table<Rejected>;
}

export interface IngestOptions<C extends Columns, D extends string = string> {
  readonly from: FileSource | readonly FileSource[];
  readonly columns: C;
  /** What must hold of a whole row; the key is the message. A rule whose columns are missing is not judged. */
  readonly rules?: Readonly<Record<string, Sql>>;
  /** The same key within the window is one row; for sources that deliver more than once. */
  readonly unique?: {
    readonly key: Name<C> | readonly Name<C>[];
    readonly within?: { readonly time: Duration; readonly by: Name<C> };
  };
  /**
   * `append`, unless told, keeps what is there; `overwrite` replaces the table by the newest content of all its files;
   * `{ merge: "id" }` keeps one row for each key, the newest.
   */
  readonly write?: IngestWrite<Name<C>>;
  /** Fields of a record that no column asks for; ignored unless told. */
  readonly extra?: "ignore" | "keep" | "reject" | "evolve";
  readonly partitionBy?: readonly Name<C>[];
  /** Only records for which this holds; the others are counted as filtered. */
  readonly where?: Sql;
  /** Fields of the record, at any depth, whose values are secret: the quarantine keeps *** in their place. */
  readonly redact?: readonly string[];
  /** Rows whose `by` is longer ago are deleted, and their files removed from disk. */
  readonly keep?: { readonly for: Duration; readonly by: Name<C> };
  /**
   * What the table itself promises of each row, to whoever writes it: `{ positive: sql\`amount > 0\` }`. Rows that break
   * one go to the quarantine; null breaks it too. One that is declared no more stays; `"drop"` takes it off.
   */
  readonly constraints?: Constraints;
  /**
   * Columns that go from the table, fields inside a struct with dots: `["fax", "address.plz"]`. Names that it has not
   * are passed over. A column that is merely declared no more stays.
   */
  readonly drop?: readonly (D extends Name<C> ? never : D)[];
  /** Of the Delta table: `{ "delta.enableChangeDataFeed": "true" }`. */
  readonly properties?: TableProperties;
  readonly schedule?: Schedule;
}

/** What `ingest` checked once. */
export interface IngestDefinition extends CheckedIngestWrite {
  readonly sources: readonly FileSource[];
  readonly columns: Readonly<Record<string, ColumnDefinition>>;
  readonly rules: Readonly<Record<string, Sql>>;
  readonly unique: UniqueKey | undefined;
  readonly extra: "ignore" | "keep" | "reject" | "evolve";
  readonly partitionBy: readonly string[];
  readonly where: Sql | undefined;
  readonly redact: readonly string[];
  readonly keep: KeepTime | undefined;
  readonly constraints: Constraints;
  readonly drop: readonly string[];
  readonly properties: TableProperties;
  readonly schedule: Schedule | undefined;
}

export interface KeepTime {
  /** As declared. */
  readonly for: Duration;
  readonly ms: number;
  readonly by: string;
}

export interface UniqueKey {
  readonly key: readonly string[];
  readonly within: { readonly ms: number; readonly by: string } | undefined;
}

/** Lands records in a Delta table, exactly once; what breaks the contract goes to its quarantine. */
export function ingest<const C extends Columns, const D extends string = string>(
  name: string,
  how: IngestOptions<C, D>,
): Ingested<RowOf<C>> {
  checkTableName(name, "A table");
  const place = `ingest("${name}")`;
  const options = checkOptions<IngestOptions<C, D>>(place, how, {
    from: anything,
    columns: anything,
    rules: checkRules,
    unique: anything,
    write: anything,
    extra: oneOf("ignore", "keep", "reject", "evolve"),
    partitionBy: textList,
    where: made(["sql"], "sql`...`"),
    redact: textList,
    keep: anything,
    constraints: anything,
    drop: textList,
    properties: anything,
    schedule: made(["schedule"], 'cron("0 * * * *") or every("5 min")'),
  });
  const columns = checkColumns(options.columns, place);
  const known = Object.keys(columns);
  const partitionBy = options.partitionBy ?? [];
  for (const column of partitionBy) checkKnown(column, known, `${place} is partitioned by`);
  const written = checkIngestWrite(options.write, place);
  for (const column of columnsOfWrite(written))
    checkKnown(column, known, `The option write of ${place} names`);
  checkMerge(written, columns, options.unique, place);
  const definition: IngestDefinition = Object.freeze({
    sources: Object.freeze(checkSources(options.from, place)),
    columns,
    rules: Object.freeze({ ...options.rules }),
    unique: options.unique === undefined ? undefined : checkUnique(options.unique, known, place),
    ...written,
    extra: options.extra ?? "ignore",
    partitionBy,
    where: options.where,
    redact: options.redact ?? [],
    keep: options.keep === undefined ? undefined : checkKeep(options.keep, columns, place),
    constraints: checkConstraints(options.constraints, place),
    drop: checkDrop(options.drop, { columns, extra: options.extra }, place),
    properties: checkKept(options, place),
    schedule: options.schedule,
  });
  const quarantine: Table<Rejected> = Object.freeze({ kind: "table", name: quarantineOf(name) });
  return Object.freeze({ kind: "table", step: "ingest", name, definition, quarantine });
}

export function isIngested(value: unknown): value is Ingested {
  return (
    kindOf(value) === "table" &&
    "step" in (value as object) &&
    (value as Ingested).step === "ingest"
  );
}

/** Types of columns that tell how old a row is. */
const TIMES: readonly string[] = ["date", "timestamp", "local timestamp", "arrival"];

function checkKeep(
  keep: NonNullable<IngestOptions<Columns>["keep"]>,
  columns: Readonly<Record<string, ColumnDefinition>>,
  place: string,
): KeepTime {
  const how = checkOptions(`keep of ${place}`, keep, { for: text, by: text });
  if (how.for === undefined || how.by === undefined)
    throw wrongOption(`The option keep of ${place}`, keep, '{ for: "30 days", by: "a column" }');
  checkKnown(how.by, Object.keys(columns), `The option keep of ${place} goes by`);
  const column = columns[how.by];
  if (column === undefined || !TIMES.includes(column.type.kind)) {
    const wanted = "a column of date(), timestamp(), localTimestamp() or arrival()";
    throw wrongOption(`The option by of keep of ${place}`, how.by, wanted);
  }
  if (column.optional) {
    throw new MillraceError(`${place} keeps rows by "${how.by}", which is declared .optional()`, {
      code: "project/bad-option",
      hint: "A row without a time would be kept for ever: take .optional() away, or keep by an arrival() column.",
    });
  }
  return Object.freeze({ for: how.for, ms: parseDuration(how.for), by: how.by });
}

function checkKept(
  { keep, properties }: Pick<IngestOptions<Columns>, "keep" | "properties">,
  place: string,
): TableProperties {
  const checked = checkTableProperties(properties, place);
  if (keep === undefined || checked["delta.appendOnly"] !== "true") return checked;
  throw new MillraceError(
    `${place} has keep, and its property delta.appendOnly forbids to delete`,
    {
      code: "project/bad-option",
      hint: "Leave one of them out.",
    },
  );
}

/** A key without a value is no key, and two ways to settle the same key would contradict each other. */
function checkMerge(
  { merge }: CheckedIngestWrite,
  columns: Readonly<Record<string, ColumnDefinition>>,
  unique: unknown,
  place: string,
): void {
  if (merge === undefined) return;
  const loose = merge.key.find((column) => columns[column]?.optional === true);
  if (loose !== undefined) {
    throw new MillraceError(`${place} is merged by "${loose}", which is declared .optional()`, {
      code: "project/bad-option",
      hint: "A row without its key cannot be found again: take .optional() away, so that such rows go to the quarantine.",
    });
  }
  if (unique === undefined) return;
  throw new MillraceError(`${place} has both write: { merge: ... } and unique`, {
    code: "project/bad-option",
    hint: "A merge keeps one row for each key; leave unique out.",
  });
}

function checkSources(from: unknown, place: string): FileSource[] {
  const sources = Array.isArray(from) ? from : [from];
  const wrong = sources.find((source) => kindOf(source) !== "source");
  if (sources.length === 0 || wrong !== undefined) {
    throw wrongOption(`The option from of ${place}`, wrong, 'a source such as csv("inbox/*.csv")');
  }
  return sources as FileSource[];
}

function checkRules(rules: unknown, name: string): void {
  const isGood = typeof rules === "object" && rules !== null && Object.values(rules).every(isSql);
  if (!isGood)
    throw wrongOption(
      name,
      rules,
      'an object from a message to sql`...`: { "price is positive": sql`price > 0` }',
    );
}

function checkUnique(
  unique: NonNullable<IngestOptions<Columns>["unique"]>,
  known: readonly string[],
  place: string,
): UniqueKey {
  const { key, within } = checkOptions(`unique of ${place}`, unique, {
    key: anything,
    within: anything,
  });
  const keys = typeof key === "string" ? [key] : [...key];
  for (const column of keys) checkKnown(column, known, `The unique key of ${place} names`);
  if (keys.length === 0)
    throw wrongOption(`The option key of unique of ${place}`, key, "one column or several");
  if (within !== undefined)
    checkKnown(within.by, known, `The window of unique of ${place} goes by`);
  return {
    key: keys,
    within: within === undefined ? undefined : { ms: parseDuration(within.time), by: within.by },
  };
}

function checkKnown(column: string, known: readonly string[], what: string): void {
  if (known.includes(column)) return;
  throw new MillraceError(`${what} "${column}", which is no column`, {
    code: "project/unknown-column",
    hint: suggestWord(column, known),
  });
}
