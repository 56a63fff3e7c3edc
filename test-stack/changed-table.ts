/** Tables after each kind of change: of rows, of files, of columns. */

import { alterTable } from "../src/delta/alter/alter.ts";
import type { TableChange } from "../src/delta/alter/table-change.ts";
import type { Snapshot } from "../src/delta/snapshot.ts";
import type { TableSpec } from "../src/delta/table-spec.ts";
import { addConstraint } from "../src/operation/add-constraint.ts";
import type { TableContext } from "../src/operation/context.ts";
import { deleteRows } from "../src/operation/delete-rows.ts";
import { mergeRows } from "../src/operation/merge-rows.ts";
import { optimize } from "../src/operation/optimize.ts";
import { overwriteWhere } from "../src/operation/overwrite-where.ts";
import { restore } from "../src/operation/restore.ts";
import { updateRows } from "../src/operation/update-rows.ts";
import { vacuum } from "../src/operation/vacuum.ts";
import type { DataType } from "../src/schema/type.ts";
import type { Lake } from "../test/delta/lake.ts";
import { LIMITS } from "./limit.ts";
import type { Limits, TableKind } from "./table-kind.ts";

const ROWS = "SELECT range AS id, range % 3 AS kind, 'row ' || range AS note FROM range(100)";

/** What `changeRows` leaves of them. */
const CHANGED = `
  SELECT id, CASE WHEN id % 10 = 5 THEN 7 ELSE kind END AS kind,
    CASE id % 10 WHEN 4 THEN 'new ' || id WHEN 5 THEN 'merged' ELSE note END AS note
  FROM (${ROWS}) WHERE id % 10 NOT IN (0, 3)
  UNION ALL SELECT 100 + 5 * range, 7, 'merged' FROM range(10)`;

const FILTERS = ["id = 5", "id > 120", "kind = 7 AND id < 30", "note = 'new 44'", "id = 3"];

interface Place {
  readonly lake: Lake;
  readonly context: TableContext;
  readonly folder: string;
}

/** The next version, from the newest. */
type Step = (place: Place, table: Snapshot) => Promise<unknown>;

/** A kind that begins as two files of rows and goes through the steps. */
function after(
  name: string,
  {
    steps,
    rows = CHANGED,
    filters = FILTERS,
    limits = {},
    ...spec
  }: Omit<TableSpec, "fields"> & {
    readonly steps: readonly Step[];
    readonly rows?: string;
    readonly filters?: readonly string[];
    readonly limits?: Limits;
  },
): TableKind {
  return {
    name,
    rows,
    filters,
    limits,
    make: async (lake, folder) => {
      const engine = await lake.engine.session();
      const place = { lake, folder, context: { delta: lake.context, engine } };
      try {
        const fields = await engine.describe(ROWS);
        let table = await lake.create(folder, { fields, ...spec });
        for (const half of ["id < 50", "id >= 50"]) {
          table = await lake.append(table, `SELECT * FROM (${ROWS}) WHERE ${half}`);
        }
        for (const step of steps) await step(place, await lake.open(folder));
      } finally {
        engine.close();
      }
    },
  };
}

const deletes: Step = ({ context }, table) => deleteRows(context, table, { where: "id % 10 = 3" });
const updates: Step = ({ context }, table) =>
  updateRows(context, table, { set: { note: "'new ' || id" }, where: "id % 10 = 4" });
const merges: Step = ({ context }, table) =>
  mergeRows(context, table, {
    source: "(SELECT range * 5 AS id, 7 AS kind, 'merged' AS note FROM range(30))",
    on: "source.id = target.id",
    clauses: [
      { when: "matched", do: "delete", condition: "source.id % 2 = 0" },
      { when: "matched", do: "update", set: "all" },
      { when: "not matched", do: "insert", values: "all" },
    ],
  });
const rowChanges = [deletes, updates, merges];
const alters =
  (change: TableChange): Step =>
  ({ lake }, table) =>
    alterTable(lake.context, table, change);
const appends =
  (query: string): Step =>
  ({ lake }, table) =>
    lake.append(table, query);

const VECTORS = { "delta.enableDeletionVectors": "true" };
const FEED = { "delta.enableChangeDataFeed": "true" };
const NAMES = { "delta.columnMapping.mode": "name" };

/** Its feed is read by others too. */
export const FED_TABLE = after("a table with a change feed changed by rewriting files", {
  steps: rowChanges,
  configuration: { ...FEED, "delta.enableInCommitTimestamps": "true" },
});

const SMALL_STRUCT: DataType = {
  kind: "struct",
  fields: [
    {
      name: "xs",
      type: {
        kind: "array",
        element: { kind: "map", key: "byte", value: "float", valueContainsNull: true },
        containsNull: true,
      },
      nullable: true,
    },
    { name: "d", type: "date", nullable: true },
    { name: "p", type: { kind: "decimal", precision: 5, scale: 2 }, nullable: true },
  ],
};

export const CHANGED_TABLES: readonly TableKind[] = [
  after("a table changed by rewriting files", { steps: rowChanges }),
  after("a partitioned table changed by rewriting files", {
    steps: rowChanges,
    partitionColumns: ["kind"],
  }),
  after("a table changed by deletion vectors", {
    steps: rowChanges,
    configuration: VECTORS,
    limits: LIMITS.vectors,
  }),
  after("a partitioned, mapped table changed by deletion vectors, with a change feed", {
    steps: rowChanges,
    partitionColumns: ["kind"],
    configuration: { ...VECTORS, ...FEED, ...NAMES },
    limits: { ...LIMITS.mappedPartition, ...LIMITS.vectors },
  }),
  FED_TABLE,
  after("a table of deletion vectors with v2 checkpoints", {
    steps: rowChanges,
    configuration: { ...VECTORS, "delta.checkpointPolicy": "v2", "delta.checkpointInterval": "2" },
    limits: LIMITS.vectors,
  }),
  after("a table of deletion vectors whose checkpoints hold structs alone", {
    steps: rowChanges,
    configuration: {
      ...VECTORS,
      "delta.checkpoint.writeStatsAsStruct": "true",
      "delta.checkpoint.writeStatsAsJson": "false",
      "delta.checkpointInterval": "2",
    },
    limits: LIMITS.vectors,
  }),
  after("a table of which all rows were deleted", {
    steps: [({ context }, table) => deleteRows(context, table, { where: "true" })],
    rows: `SELECT * FROM (${ROWS}) WHERE false`,
    configuration: VECTORS,
    limits: LIMITS.vectors,
  }),
  after("a table that was laid together", {
    steps: [...rowChanges, ({ context }, table) => optimize(context, table)],
    configuration: VECTORS,
    limits: LIMITS.vectors,
  }),
  after("a table laid along a curve", {
    steps: [
      ...rowChanges,
      ({ context }, table) => optimize(context, table, { zOrderBy: ["id", "kind"] }),
    ],
  }),
  after("a table that was vacuumed", {
    steps: [
      ...rowChanges,
      ({ context }, table) => vacuum(context, table, { retentionMs: 0, force: true, unknownMs: 0 }),
    ],
    configuration: VECTORS,
    limits: LIMITS.vectors,
  }),
  after("a restored table", {
    steps: [...rowChanges, ({ context, folder }) => restore(context, folder, { version: 2 })],
    rows: ROWS,
  }),
  after("a table overwritten by a condition", {
    steps: [
      ({ context }, table) =>
        overwriteWhere(context, table, {
          where: "id >= 40 AND id < 60",
          rows: "(SELECT 50::BIGINT AS id, 7::BIGINT AS kind, 'replaced' AS note)",
        }),
    ],
    rows: `SELECT * FROM (${ROWS}) WHERE id < 40 OR id >= 60 UNION ALL SELECT 50, 7, 'replaced'`,
    filters: ["id = 50", "id = 45", "id = 65"],
  }),
  after("a table with constraints, changed", {
    steps: [
      ({ context }, table) =>
        addConstraint(context, table, {
          name: "positive",
          expression: "id >= 0 AND note IS NOT NULL",
        }),
      ...rowChanges,
    ],
  }),
  after("a table whose types were widened", {
    steps: [
      alters({ change: "add columns", columns: [{ column: ["small"], type: "byte" }] }),
      appends("SELECT 100::BIGINT AS id, 1::BIGINT AS kind, 'x' AS note, 127::TINYINT AS small"),
      alters({ change: "change column", column: ["small"], type: "integer" }),
      appends("SELECT 101::BIGINT AS id, 1::BIGINT AS kind, 'y' AS note, 70000::INTEGER AS small"),
    ],
    rows: `SELECT *, NULL::INTEGER AS small FROM (${ROWS}) UNION ALL SELECT 100, 1, 'x', 127 UNION ALL SELECT 101, 1, 'y', 70000`,
    filters: ["small = 127", "small > 1000", "small IS NULL AND id < 3"],
    configuration: { "delta.enableTypeWidening": "true" },
    limits: LIMITS.typeWidening,
  }),
  after("a mapped table with columns renamed, dropped and added again", {
    steps: [
      alters({ change: "rename column", column: ["note"], to: "the note" }),
      alters({ change: "drop columns", columns: [["kind"]] }),
      alters({ change: "add columns", columns: [{ column: ["kind"], type: "string" }] }),
      appends("SELECT 100::BIGINT AS id, 'n' AS \"the note\", 'k' AS kind"),
    ],
    rows: `SELECT id, note AS "the note", NULL::VARCHAR AS kind FROM (${ROWS}) UNION ALL SELECT 100, 'n', 'k'`,
    filters: ["kind = 'k'", "id = 7"],
    configuration: NAMES,
    limits: LIMITS.mapping,
  }),
  after("a table that was mapped when it had rows already", {
    steps: [
      alters({ change: "set properties", properties: NAMES }),
      alters({ change: "rename column", column: ["note"], to: "text" }),
      appends("SELECT 100::BIGINT AS id, 1::BIGINT AS kind, 'n' AS text"),
    ],
    rows: `SELECT id, kind, note AS text FROM (${ROWS}) UNION ALL SELECT 100, 1, 'n'`,
    filters: ["text = 'row 7'", "id = 100"],
    limits: LIMITS.mapping,
  }),
  after("a table that came to keep the times of its commits", {
    steps: [
      alters({
        change: "set properties",
        properties: { "delta.enableInCommitTimestamps": "true" },
      }),
      ...rowChanges,
    ],
  }),
  after("a table with nested types that were widened, and columns that joined and moved", {
    steps: [
      alters({ change: "add columns", columns: [{ column: ["s"], type: SMALL_STRUCT }] }),
      appends(
        "SELECT 100::BIGINT AS id, 1::BIGINT AS kind, 'x' AS note, {'xs': [MAP {1::TINYINT: 0.5::FLOAT}], 'd': DATE '2024-02-29', 'p': 1.25::DECIMAL(5, 2)} AS s",
      ),
      ...(
        [
          [["s", "xs", "element", "key"], "long"],
          [["s", "xs", "element", "value"], "double"],
          [["s", "d"], "timestamp_ntz"],
          [["s", "p"], { kind: "decimal", precision: 12, scale: 4 }],
        ] as const
      ).map(([column, type]) => alters({ change: "change column", column, type })),
      alters({
        change: "add columns",
        columns: [{ column: ["s", "new"], type: "string", position: "first" }],
      }),
      alters({ change: "change column", column: ["s"], position: { after: "id" } }),
      appends(
        "SELECT 101::BIGINT AS id, {'new': 'n', 'xs': [MAP {300::BIGINT: 1e300::DOUBLE}], 'd': TIMESTAMP '2024-02-29 12:00:00.000001', 'p': 12345678.1234::DECIMAL(12, 4)} AS s, 1::BIGINT AS kind, 'y' AS note",
      ),
    ],
    rows: `SELECT id, NULL::STRUCT("new" VARCHAR, xs MAP(BIGINT, DOUBLE)[], d TIMESTAMP, p DECIMAL(12, 4)) AS s, kind, note FROM (${ROWS})
      UNION ALL SELECT 100, {'new': NULL, 'xs': [MAP {1: 0.5}], 'd': TIMESTAMP '2024-02-29', 'p': 1.25}, 1, 'x'
      UNION ALL SELECT 101, {'new': 'n', 'xs': [MAP {300: 1e300}], 'd': TIMESTAMP '2024-02-29 12:00:00.000001', 'p': 12345678.1234}, 1, 'y'`,
    filters: ["id = 100", "kind = 1 AND id > 99"],
    configuration: { "delta.enableTypeWidening": "true" },
    limits: LIMITS.typeWidening,
  }),
  after("a mapped table with nested columns renamed, dropped and added again", {
    steps: [
      alters({ change: "add columns", columns: [{ column: ["s"], type: SMALL_STRUCT }] }),
      appends(
        "SELECT 100::BIGINT AS id, 1::BIGINT AS kind, 'x' AS note, {'xs': [MAP {1::TINYINT: 0.5::FLOAT}], 'd': DATE '2024-02-29', 'p': 1.25::DECIMAL(5, 2)} AS s",
      ),
      alters({ change: "rename column", column: ["s", "d"], to: "the day" }),
      alters({ change: "drop columns", columns: [["s", "p"]] }),
      alters({ change: "add columns", columns: [{ column: ["s", "p"], type: "string" }] }),
      appends(
        "SELECT 101::BIGINT AS id, 1::BIGINT AS kind, 'y' AS note, {'xs': CAST([] AS MAP(TINYINT, FLOAT)[]), 'the day': DATE '2024-03-01', 'p': 'text'} AS s",
      ),
    ],
    rows: `SELECT *, NULL::STRUCT(xs MAP(TINYINT, FLOAT)[], "the day" DATE, p VARCHAR) AS s FROM (${ROWS})
      UNION ALL SELECT 100, 1, 'x', {'xs': [MAP {1::TINYINT: 0.5::FLOAT}], 'the day': DATE '2024-02-29', 'p': NULL}
      UNION ALL SELECT 101, 1, 'y', {'xs': [], 'the day': DATE '2024-03-01', 'p': 'text'}`,
    filters: ["id = 100", "note = 'y'"],
    configuration: NAMES,
    limits: LIMITS.mapping,
  }),
];
