/** A question in SQL: tables of the lake stand in it by their names, others by their paths, and only what it names is opened. */

import { randomUUID } from "node:crypto";
import { MillraceError } from "../base/error.ts";
import { nearestWord } from "../base/suggest.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import { type At, openScan, openSnapshot } from "../delta/table.ts";
import type { Engine } from "../engine/engine.ts";
import { sqlFaultOf } from "../engine/fault.ts";
import { type Lake, listTables, loadTable, relationOf } from "../lake/lake.ts";
import { folderOf } from "../schema/table.ts";
import type { Field } from "../schema/type.ts";
import { type Lexeme, lexemes } from "../sql/lexeme.ts";
import { quoteName } from "../sql/quote.ts";
import { relationOfCall } from "./called-table.ts";
import type { RowFilters } from "./row-condition.ts";
import { type CalledTable, type NamedTable, readSelect, type Select } from "./select.ts";
import { readCallWords } from "./table-call.ts";
import { openAddress, type TableAddress, type TablePlace } from "./table-place.ts";
import { findTableWords } from "./time-travel.ts";

/** A query that is known to be right and has not run. */
export interface Query {
  readonly session: Engine;
  /** Stands in FROM on the session; its columns are `fields`, whose names differ. */
  readonly relation: string;
  readonly fields: readonly Field[];
  /** What went wrong in a statement around `relation`, told of the SQL that the person wrote. */
  explain(error: unknown, statement: string): unknown;
  /** Ends what runs, which then throws. */
  readonly interrupt: () => void;
  readonly isInterrupted: boolean;
  close(): Promise<void>;
}

/** Schemas of the engine's own, which tell about the engine. */
const ENGINE_SCHEMAS: ReadonlySet<string> = new Set(["information_schema", "pg_catalog"]);

/**
 * Checks the SQL and makes its tables known: `bronze.orders`, `quarantine."bronze.orders"`, `system.runs`, each with
 * `at (version => 3)` or `at (timestamp => '...')` behind it where an older version is meant, and
 * `delta_scan('path', version => 3)` and `table_changes('path or name', 3)` for tables that lie anywhere. Throws `query/...` for what is no single SELECT,
 * `lake/no-table` or `delta/no-table` for a table that is not there, `engine/sql` for other mistakes.
 */
export async function openQuery(place: TablePlace, sql: string): Promise<Query> {
  const { engine } = place;
  const select = await readSelect(engine, sql);
  const catalog = `lake ${randomUUID().slice(0, 8)}`;
  await engine.run(`attach ':memory:' as ${quoteName(catalog)}`);
  const session = await engine.session();
  const close = async (): Promise<void> => {
    session.close();
    await engine.run(`detach ${quoteName(catalog)}`);
  };
  try {
    await session.run(`use ${quoteName(catalog)}`);
    const text = await nameTables({ place, session, catalog }, select);
    await session
      .describe(text)
      .catch((error: unknown) => explainName(place, error, select.tables));
    const relation = `(\n${text}\n)`;
    const fields = await session.describe(`from ${relation}`);
    return stoppable({
      session,
      relation,
      fields,
      explain: (error, statement) => explainPlace(error, linesBefore(statement, relation)),
      close,
    });
  } catch (error) {
    await close();
    throw error;
  }
}

/** A table version as it is, without SQL of a person. */
export async function openTable(place: TablePlace, address: TableAddress, at?: At): Promise<Query> {
  const { snapshot, delta } = await openAddress(place, address, at);
  const session = await place.engine.session();
  return stoppable({
    session,
    relation: await relationOf({ engine: session, delta }, snapshot),
    fields: snapshot.metadata.fields,
    explain: (error) => error,
    close: async () => session.close(),
  });
}

function stoppable(query: Omit<Query, "interrupt" | "isInterrupted">): Query {
  let isInterrupted = false;
  return {
    ...query,
    interrupt: () => {
      isInterrupted = true;
      query.session.interrupt();
    },
    get isInterrupted() {
      return isInterrupted;
    },
  };
}

interface Naming {
  readonly place: TablePlace;
  readonly session: Engine;
  readonly catalog: string;
}

/** What takes the place of some characters of the query. */
interface Change {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Makes a view of each table; the text changes where the engine could not find the view by the words in it. */
async function nameTables(naming: Naming, select: Select): Promise<string> {
  const source = { text: select.text, list: lexemes(select.text) };
  const called = await viewCalls(naming, source, select.calls);
  // What stands inside the brackets of a call was asked for when its arguments were read.
  const outside = select.tables.filter(
    ({ offset }) => !called.some(({ start, end }) => offset > start && offset < end),
  );
  const changes = [...called, ...(await viewTables(naming, source, outside))];
  // From the end, so that places further ahead stay where they are.
  return changes
    .toSorted((a, b) => b.start - a.start)
    .reduce((text, { start, end, text: words }) => {
      // Failures are told by line, so a line that goes with the words comes back.
      const breaks = text.slice(start, end).split("\n").length - words.split("\n").length;
      return text.slice(0, start) + words + "\n".repeat(Math.max(0, breaks)) + text.slice(end);
    }, source.text);
}

interface Source {
  readonly text: string;
  readonly list: readonly Lexeme[];
}

async function viewTables(
  { place, session, catalog }: Naming,
  source: Source,
  tables: readonly NamedTable[],
): Promise<Change[]> {
  const databases = new Set(
    (await session.rows("select database_name as name from duckdb_databases()")).map((row) =>
      String(row.name).toLowerCase(),
    ),
  );
  /** The folder of each. */
  const views = new Map<string, string>();
  const once = namedOnce(tables);
  const changes: Change[] = [];
  for (const table of tables) {
    if (table.catalog.toLowerCase() === "quarantine") throw unquotedQuarantine(table);
    const isForeign = table.catalog !== "" || ENGINE_SCHEMAS.has(table.schema.toLowerCase());
    if (table.schema === "" || isForeign) continue;
    const lake = place.lake();
    const isHidden = databases.has(table.schema.toLowerCase());
    const words =
      isHidden || table.isTimeTravel ? await findTableWords(session, source, table) : undefined;
    const opened = await openNamed(lake, `${table.schema}.${table.table}`, {
      session,
      at: words?.at,
      filters: once.has(table) ? table.filters : undefined,
    });
    const schema =
      words?.at === undefined ? table.schema : `${table.schema}@${String(opened.version)}`;
    const view = [catalog, schema, table.table].map(quoteName).join(".");
    const twin = views.get(view.toLowerCase());
    if (twin !== undefined && twin !== opened.folder) throw twoOfOneName(table);
    if (twin === undefined) {
      await createView(session, view, await opened.relation());
      views.set(view.toLowerCase(), opened.folder);
    }
    if (words === undefined) continue;
    changes.push({ start: words.start, end: words.end, text: view + words.alias });
  }
  return changes;
}

/** Tables that no other place of the query reads: what is left out there is missed nowhere. */
function namedOnce(tables: readonly NamedTable[]): ReadonlySet<NamedTable> {
  const nameOf = ({ schema, table }: NamedTable) => `${schema}.${table}`.toLowerCase();
  const counts = Map.groupBy(tables, nameOf);
  return new Set(tables.filter((table) => counts.get(nameOf(table))?.length === 1));
}

/** Each call becomes a view of the call's name, by which its columns can be told as those of a function can. */
async function viewCalls(
  { place, session, catalog }: Naming,
  { text, list }: Source,
  calls: readonly CalledTable[],
): Promise<Change[]> {
  const changes: Change[] = [];
  for (const [index, called] of calls.entries()) {
    const words = readCallWords(text, list, called.offset);
    const view = [catalog, `call ${index}`, called.call].map(quoteName).join(".");
    await createView(session, view, await relationOfCall(place, session, called, words));
    changes.push({ start: words.start, end: words.end, text: view });
  }
  return changes;
}

async function createView(session: Engine, view: string, relation: string): Promise<void> {
  const schema = view.slice(0, view.lastIndexOf('."'));
  await session.run(`create schema if not exists ${schema}`);
  await session.run(`create view ${view} as from ${relation}`);
}

interface NamedVersion {
  readonly folder: string;
  readonly version: number;
  relation(): Promise<string>;
}

interface HowToOpen {
  readonly session: Engine;
  readonly at: At | undefined;
  readonly filters: RowFilters | undefined;
}

/** No more of it is opened than the filters need. */
async function openNamed(
  lake: Lake,
  name: string,
  { session, at, filters }: HowToOpen,
): Promise<NamedVersion> {
  if (filters !== undefined) {
    const folder = folderOf(name);
    const scan = await openScan(lake.delta, folder, filters, at);
    if (scan !== undefined) {
      return { folder, version: scan.version, relation: async () => session.relation(scan.table) };
    }
  }
  const snapshot = await findTable(lake, name, at);
  const { folder, version } = snapshot;
  return { folder, version, relation: () => relationOf(lake, snapshot) };
}

/** By its name; where upper and lower case differ, by the only one that is written like it. */
async function findTable(lake: Lake, name: string, at: At | undefined): Promise<Snapshot> {
  const exact =
    at === undefined ? await lake.find(name) : await openSnapshot(lake.delta, folderOf(name), at);
  if (exact !== undefined) return exact;
  const alike = (await listTables(lake)).filter(
    (table) => table.toLowerCase() === name.toLowerCase(),
  );
  return loadTable(lake, alike.length === 1 ? (alike[0] ?? name) : name, at);
}

/** A table without its schema: the engine's guess among its own tables would lead astray. */
async function explainName(
  place: TablePlace,
  error: unknown,
  tables: readonly NamedTable[],
): Promise<never> {
  const name = /^Table with name (.+?) does not exist!/.exec(sqlFaultOf(error)?.message ?? "")?.[1];
  const isBare = tables.some(({ schema, table }) => schema === "" && table === name);
  if (name === undefined || !isBare) throw error;
  const known = await listTables(place.lake());
  const ending = known.find((table) => table.endsWith(`.${name.toLowerCase()}`));
  const near =
    ending ??
    known.find((table) => nearestWord(name, [table.slice(table.indexOf(".") + 1)]) !== undefined);
  throw new MillraceError(`There is no table ${name}; tables are named with their schema`, {
    code: "lake/no-table",
    hint: near === undefined ? "`millrace tables` lists them." : `Did you mean ${near}?`,
    cause: error,
  });
}

function linesBefore(statement: string, relation: string): number {
  // The person's text begins on the second line of the relation.
  return statement.slice(0, statement.indexOf(relation)).split("\n").length;
}

function explainPlace(error: unknown, before: number): unknown {
  const fault = sqlFaultOf(error);
  if (fault === undefined) return error;
  const { kind, message, place } = fault;
  const line = (place?.line ?? 0) - before;
  const at = place === undefined || line < 1 ? "" : ` (line ${line}, column ${place.column})`;
  return new MillraceError(`${kind} error in SQL${at}: ${message}`, {
    code: "engine/sql",
    cause: error,
  });
}

function unquotedQuarantine({ schema, table }: NamedTable): MillraceError {
  return new MillraceError(`A quarantine table has a name of two parts`, {
    code: "query/bad-table-name",
    hint: `Write quarantine."${schema}.${table}"`,
  });
}

function twoOfOneName({ schema, table }: NamedTable): MillraceError {
  return new MillraceError(
    `Two tables are called ${schema}.${table} but for upper and lower case`,
    {
      code: "query/bad-table-name",
      hint: "SQL does not tell them apart: read them in two queries.",
    },
  );
}
