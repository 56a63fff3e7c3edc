/** Every kind of table that delta-rs writes, as the calls that make it. */

import { call, merge, write } from "./delta-rs.ts";

export interface DeltaRsTable {
  /** Completes the sentence "... reads NAME". */
  readonly name: string;
  make(table: string): Promise<void>;
  /** The first version that can still be read; 0 unless said. */
  readonly oldest?: number;
  /** Versions of applications that the newest version must hold. */
  readonly transactions?: Readonly<Record<string, bigint>>;
}

const ROWS = "SELECT range AS id, range % 3 AS kind, 'row ' || range AS note FROM range(100)";
const FEED = { "delta.enableChangeDataFeed": "true" };

async function change(table: string): Promise<void> {
  await call(table, "delete", { predicate: "id % 10 = 3" });
  await call(table, "update", {
    updates: { note: "concat('new ', note)" },
    predicate: "id % 10 = 4",
  });
  await merge(table, {
    query: "SELECT range * 5 AS id, 7 AS kind, 'merged' AS note FROM range(30)",
    on: "s.id = t.id",
    clauses: [
      ["when_matched_delete", { predicate: "s.id % 2 = 0" }],
      ["when_matched_update_all", {}],
      ["when_not_matched_insert_all", {}],
    ],
  });
}

const PLAIN_TYPES = `
  SELECT * FROM (VALUES
    (1, NULL::TINYINT, NULL::SMALLINT, NULL::BIGINT, NULL::FLOAT, NULL::DOUBLE, NULL::BOOLEAN, NULL::DECIMAL(38, 0), NULL::DECIMAL(38, 38), NULL::VARCHAR, NULL::BLOB, NULL::DATE, NULL::TIMESTAMPTZ, NULL::TIMESTAMP),
    (2, -128, -32768, -9223372036854775808, '-inf', '-1.7976931348623157e308', false, '-99999999999999999999999999999999999999', '-0.99999999999999999999999999999999999999', '', '\\x00\\xFF'::BLOB, '0001-01-01', '0001-01-01 00:00:00Z', '0001-01-01'),
    (3, 127, 32767, 9223372036854775807, '3.4028235e38', 'inf', true, '99999999999999999999999999999999999999', '0.99999999999999999999999999999999999999', repeat('long ', 5000), ''::BLOB, '9999-12-31', '9999-12-31 23:59:59.999999Z', '9999-12-31 23:59:59.999999'),
    (4, 0, 0, 0, 'nan', 'nan', true, 0, 0, 'Zoë 🎉 門', 'text'::BLOB, '1969-12-31', '1969-12-31 23:59:59.999999Z', '1969-12-31 23:59:59.999999')
  ) AS t(id, i8, i16, i64, f32, f64, yes, big, small, text, bytes, day, moment, local)`;

/** Without the empty text: delta-rs writes and reads it as such, where the protocol says that it is null. */
const ODD_TEXTS = `SELECT row_number() OVER () AS id, odd FROM (SELECT unnest(['plain', 'a=b', 'a/b', 'a b', 'a%20b', '50%', '..', 'a:b', 'a?b#c', 'say "hi"', 'it''s', 'Zoë', '門', '🎉', '*', 'NULL', NULL]) AS odd)`;

/** Its feed is read too. */
export const DELTA_RS_FED: DeltaRsTable = {
  name: "a changed table with a change feed",
  make: async (table) => {
    await write(table, ROWS, { configuration: FEED });
    await change(table);
  },
};

export const DELTA_RS_TABLES: readonly DeltaRsTable[] = [
  {
    name: "a plain table",
    make: async (table) => {
      await write(table, ROWS);
      await write(table, ROWS);
    },
  },
  { name: "a table of every type", make: async (table) => void (await write(table, PLAIN_TYPES)) },
  {
    name: "a table of nested columns",
    make: async (table) =>
      void (await write(
        table,
        "SELECT 1 AS id, [1, NULL] AS list, MAP {'a': 1.5::DOUBLE} AS pairs, {'x': 1, 'y': {'z': ['s']}} AS struct UNION ALL SELECT 2, NULL, NULL, NULL UNION ALL SELECT 3, [], MAP {}, {'x': NULL, 'y': NULL}",
      )),
  },
  {
    name: "a table partitioned by odd texts",
    make: async (table) => void (await write(table, ODD_TEXTS, { partition_by: ["odd"] })),
  },
  ...["i8", "i16", "i64", "yes", "big", "day", "moment", "local"].map((column) => ({
    name: `a table partitioned by ${column}`,
    make: async (table: string): Promise<void> =>
      void (await write(table, `SELECT id, text, ${column} FROM (${PLAIN_TYPES})`, {
        partition_by: [column],
      })),
  })),
  {
    name: "a changed table",
    make: async (table) => {
      await write(table, ROWS, { partition_by: ["kind"] });
      await change(table);
    },
  },
  DELTA_RS_FED,
  {
    name: "a table overwritten in part and whole",
    make: async (table) => {
      await write(table, ROWS, { partition_by: ["kind"] });
      await write(table, "SELECT 5 AS id, 1 AS kind, 'part' AS note", {
        mode: "overwrite",
        predicate: "kind = 1",
      });
      await write(table, "SELECT 'all' AS text", {
        mode: "overwrite",
        schema_mode: "overwrite",
        partition_by: [],
      });
    },
  },
  {
    name: "a table whose schema grew",
    make: async (table) => {
      await write(table, ROWS);
      await write(table, "SELECT 5 AS id, 1.5 AS more", { schema_mode: "merge" });
    },
  },
  {
    name: "a table that was laid together and vacuumed",
    make: async (table) => {
      for (let round = 0; round < 3; round += 1) await write(table, ROWS);
      await call(table, "optimize.compact");
      await call(table, "delete", { predicate: "id = 5" });
      await call(table, "vacuum", {
        retention_hours: 0,
        dry_run: false,
        enforce_retention_duration: false,
      });
      await call(table, "optimize.z_order", { columns: ["id", "kind"] });
    },
    oldest: 4,
  },
  {
    name: "a restored table",
    make: async (table) => {
      await write(table, ROWS);
      await change(table);
      await call(table, "restore", { target: 1 });
    },
  },
  {
    name: "a table with a checkpoint, whose log was cleaned up and compacted",
    make: async (table) => {
      await write(table, ROWS, {
        partition_by: ["kind"],
        configuration: { "delta.logRetentionDuration": "interval 0 days" },
      });
      await change(table);
      await call(table, "create_checkpoint");
      await call(table, "cleanup_metadata");
      await write(table, ROWS);
      await write(table, ROWS);
    },
    oldest: 3,
  },
  {
    name: "a table with compacted commits",
    make: async (table) => {
      await write(table, ROWS);
      await change(table);
      await call(table, "compact_logs", { starting_version: 1, ending_version: 3 });
    },
  },
  {
    name: "a table with a constraint and transactions",
    make: async (table) => {
      await write(table, ROWS, { transactions: { loader: 7 } });
      await call(table, "alter.add_constraint", { constraints: { positive: "id >= 0" } });
      await write(table, ROWS, { transactions: { loader: 9, "other/app": 1 } });
    },
    transactions: { loader: 9n, "other/app": 1n },
  },
];
