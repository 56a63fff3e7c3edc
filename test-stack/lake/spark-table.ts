/** Every kind of table that Spark writes, as the statements that make it; {t} stands for the table. */

import { spark, sparkTable } from "./spark.ts";

export interface SparkTable {
  /** Completes the sentence "... reads NAME". */
  readonly name: string;
  readonly statements: readonly string[];
  /** True where the files of older versions are gone. */
  readonly onlyNewest?: boolean;
  /** Why we must refuse it, where we must. */
  readonly refused?: RegExp;
  /** Columns without what Parquet, in which Spark hands over its own answer, cannot hold. */
  readonly columns?: string;
}

const properties = (...names: readonly string[]): string =>
  `TBLPROPERTIES (${names.map((name) => (name.includes("=") ? name : `'delta.${name}' = 'true'`)).join(", ")})`;

const MAPPED = "'delta.columnMapping.mode' = 'name'";
const ROWS = "SELECT id, id % 3 AS kind, concat('row ', id) AS note FROM range(0, 100, 1, 2)";
const CREATE = "CREATE TABLE {t} USING delta";
const changed = [
  "DELETE FROM {t} WHERE id % 10 = 3",
  "UPDATE {t} SET note = concat('new ', id) WHERE id % 10 = 4",
  `MERGE INTO {t} t USING (SELECT id * 5 AS id, 7L AS kind, 'merged' AS note FROM range(30)) s ON t.id = s.id
    WHEN MATCHED AND s.id % 2 = 0 THEN DELETE WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *`,
];

const EVERY_TYPE = `
  SELECT 1 AS id, CAST(NULL AS tinyint) AS i8, CAST(NULL AS smallint) AS i16, CAST(NULL AS int) AS i32, CAST(NULL AS bigint) AS i64, CAST(NULL AS float) AS f32, CAST(NULL AS double) AS f64, CAST(NULL AS boolean) AS yes, CAST(NULL AS decimal(38, 0)) AS big, CAST(NULL AS decimal(10, 2)) AS money, CAST(NULL AS decimal(38, 38)) AS small, CAST(NULL AS string) AS text, CAST(NULL AS binary) AS bytes, CAST(NULL AS date) AS day, CAST(NULL AS timestamp) AS moment, CAST(NULL AS timestamp_ntz) AS local
  UNION ALL SELECT 2, -128, -32768, -2147483648, -9223372036854775808, float('-Infinity'), double('-1.7976931348623157e308'), false, -99999999999999999999999999999999999999, -99999999.99, -0.99999999999999999999999999999999999999, '', X'00FF', DATE '0001-01-01', TIMESTAMP '0001-01-01 00:00:00', TIMESTAMP_NTZ '0001-01-01 00:00:00'
  UNION ALL SELECT 3, 127, 32767, 2147483647, 9223372036854775807, float('3.4028235e38'), double('Infinity'), true, 99999999999999999999999999999999999999, 99999999.99, 0.99999999999999999999999999999999999999, repeat('long ', 5000), X'', DATE '9999-12-31', TIMESTAMP '9999-12-31 23:59:59.999999', TIMESTAMP_NTZ '9999-12-31 23:59:59.999999'
  UNION ALL SELECT 4, 0, 0, 0, 0, float('NaN'), double('NaN'), true, 0, 0, 0, 'Zoë 🎉 門', X'80', DATE '1969-12-31', TIMESTAMP '1969-12-31 23:59:59.999999', TIMESTAMP_NTZ '1969-12-31 23:59:59.999999'
  UNION ALL SELECT 5, 1, 1, 1, 1, float('1e-45'), double('-0.0'), false, 1, 0.01, 1e-38, 'a\\tb\\n\\\\', X'0A', DATE '1582-10-04', TIMESTAMP '1582-10-15 00:00:00.000001', TIMESTAMP_NTZ '1582-10-04 12:00:00'`;

const NESTED = `
  SELECT 1L AS id, array(1, NULL, 3) AS list, map('a', 1.5D, 'ü', NULL) AS pairs, named_struct('x', 1, 'inner', named_struct('y', 'why', 'z', array(DATE '2024-01-01'))) AS struct, array(named_struct('k', 'a', 'v', map(1, array(true)))) AS deep
  UNION ALL SELECT 2L, array(), map(), named_struct('x', NULL, 'inner', NULL), array()
  UNION ALL SELECT 3L, NULL, NULL, NULL, NULL`;

const ODD_PARTITIONS = `
  SELECT monotonically_increasing_id() AS id, odd FROM (SELECT explode(array('plain', 'a=b', 'a/b', 'a b', 'a%20b', '50%', '..', 'a:b', 'a?b#c', 'say "hi"', 'it\\'s', 'Zoë', '門', '🎉', '_hidden', '', '*', 'line\\nbreak', 'NULL', ' edge ', NULL)) AS odd)`;

/** Its feed is read too. */
export const SPARK_FED: SparkTable = {
  name: "a table with a change feed, vectors and partitions",
  statements: [
    `${CREATE} PARTITIONED BY (kind) ${properties("enableDeletionVectors", "enableChangeDataFeed")} AS ${ROWS}`,
    ...changed,
  ],
};

export const SPARK_TABLES: readonly SparkTable[] = [
  { name: "a plain table", statements: [`${CREATE} AS ${ROWS}`, `INSERT INTO {t} ${ROWS}`] },
  { name: "a table of every type", statements: [`${CREATE} AS ${EVERY_TYPE}`] },
  { name: "a table of nested columns", statements: [`${CREATE} AS ${NESTED}`] },
  {
    name: "a table with a column of nothing",
    statements: [`${CREATE} AS SELECT id, NULL AS nothing FROM range(3)`],
    columns: "id, CAST(nothing AS int) AS nothing",
  },
  {
    name: "a table partitioned by odd texts",
    statements: [`${CREATE} PARTITIONED BY (odd) AS ${ODD_PARTITIONS}`],
  },
  {
    name: "a table partitioned by every type",
    statements: [
      `${CREATE} PARTITIONED BY (i8, i64, f32, f64, yes, big, small, day, moment, local) AS ${EVERY_TYPE}`,
    ],
  },
  {
    name: "a table changed by rewriting files",
    statements: [`${CREATE} PARTITIONED BY (kind) AS ${ROWS}`, ...changed],
  },
  {
    name: "a table changed by deletion vectors",
    statements: [`${CREATE} ${properties("enableDeletionVectors")} AS ${ROWS}`, ...changed],
  },
  {
    name: "a table whose deletion vectors were purged",
    statements: [
      `${CREATE} ${properties("enableDeletionVectors")} AS ${ROWS}`,
      ...changed,
      "REORG TABLE {t} APPLY (PURGE)",
      "DELETE FROM {t} WHERE id > 90",
    ],
  },
  SPARK_FED,
  {
    name: "a mapped table with columns renamed, dropped and added again",
    statements: [
      `${CREATE} ${properties(MAPPED)} AS ${ROWS}`,
      "ALTER TABLE {t} RENAME COLUMN note TO `the note`",
      "ALTER TABLE {t} DROP COLUMN kind",
      "ALTER TABLE {t} ADD COLUMNS (kind string, note double)",
      "INSERT INTO {t} SELECT id, 'text', 'kind', 1.5 FROM range(3)",
      "DELETE FROM {t} WHERE id = 2",
    ],
  },
  {
    name: "a table mapped by id, nested, with fields renamed inside",
    statements: [
      `${CREATE} ${properties("'delta.columnMapping.mode' = 'id'")} AS ${NESTED}`,
      "ALTER TABLE {t} RENAME COLUMN struct.inner TO within",
      "ALTER TABLE {t} ADD COLUMNS (struct.more int)",
      `INSERT INTO {t} SELECT 9L, array(1), map('k', 0D), named_struct('x', 1, 'within', named_struct('y', 'y', 'z', array()), 'more', 5), array()`,
    ],
  },
  {
    name: "a table that was mapped when it had rows already",
    statements: [
      `${CREATE} AS ${ROWS}`,
      "ALTER TABLE {t} SET TBLPROPERTIES ('delta.minReaderVersion' = '2', 'delta.minWriterVersion' = '5', 'delta.columnMapping.mode' = 'name')",
      "ALTER TABLE {t} RENAME COLUMN note TO text",
      `INSERT INTO {t} ${ROWS}`,
    ],
  },
  {
    name: "a table with v2 checkpoints",
    statements: [
      `${CREATE} ${properties("'delta.checkpointPolicy' = 'v2'", "'delta.checkpointInterval' = '2'")} AS ${ROWS}`,
      ...changed,
      "INSERT INTO {t} VALUES (1000, 1, 'last')",
    ],
  },
  {
    name: "a table whose checkpoints hold statistics as structs alone",
    statements: [
      `${CREATE} PARTITIONED BY (kind) ${properties("'delta.checkpoint.writeStatsAsStruct' = 'true'", "'delta.checkpoint.writeStatsAsJson' = 'false'", "'delta.checkpointInterval' = '2'")} AS ${ROWS}`,
      ...changed,
    ],
  },
  {
    name: "a table whose types were widened",
    statements: [
      `${CREATE} ${properties("enableTypeWidening")} AS SELECT CAST(id AS tinyint) AS a, CAST(id AS smallint) AS b, CAST(id AS int) AS c, CAST(id AS float) AS d, CAST(id AS decimal(5, 2)) AS e, DATE '2024-01-01' AS f FROM range(5)`,
      ...[
        "a TYPE int",
        "b TYPE bigint",
        "c TYPE double",
        "d TYPE double",
        "e TYPE decimal(12, 4)",
      ].map((change) => `ALTER TABLE {t} ALTER COLUMN ${change}`),
      "INSERT INTO {t} SELECT 100000, 10000000000, 0.5, 1e300, 1234.5678, DATE '2024-01-02'",
    ],
  },
  {
    name: "a table with row tracking",
    statements: [`${CREATE} ${properties("enableRowTracking")} AS ${ROWS}`, ...changed],
  },
  {
    name: "a table with in-commit timestamps",
    statements: [`${CREATE} ${properties("enableInCommitTimestamps")} AS ${ROWS}`, ...changed],
  },
  {
    name: "a clustered table, optimised",
    statements: [`${CREATE} CLUSTER BY (id) AS ${ROWS}`, ...changed, "OPTIMIZE {t}"],
  },
  {
    name: "a table laid along a curve, with log compaction around it",
    statements: [
      `${CREATE} AS ${ROWS}`,
      ...changed,
      `INSERT INTO {t} ${ROWS}`,
      "OPTIMIZE {t} ZORDER BY (id, kind)",
    ],
  },
  {
    name: "a table that was vacuumed",
    statements: [
      `${CREATE} ${properties("enableDeletionVectors")} AS ${ROWS}`,
      ...changed,
      "OPTIMIZE {t}",
      "SET spark.databricks.delta.retentionDurationCheck.enabled = false",
      "VACUUM {t} RETAIN 0 HOURS",
    ],
    onlyNewest: true,
  },
  {
    name: "a restored table",
    statements: [`${CREATE} AS ${ROWS}`, ...changed, "RESTORE TABLE {t} TO VERSION AS OF 1"],
  },
  {
    name: "a table overwritten in part and whole",
    statements: [
      `${CREATE} PARTITIONED BY (kind) AS ${ROWS}`,
      "INSERT INTO TABLE {t} REPLACE WHERE kind = 1 SELECT 5L, 1L, 'replaced'",
      "INSERT OVERWRITE TABLE {t} PARTITION (kind = 2) SELECT 6L, 'overwritten'",
    ],
  },
  {
    name: "a table with constraints, defaults and generated columns",
    statements: [
      `CREATE TABLE {t} (id bigint NOT NULL, doubled bigint GENERATED ALWAYS AS (id * 2), note string DEFAULT 'none', number bigint GENERATED BY DEFAULT AS IDENTITY) USING delta ${properties("'delta.feature.allowColumnDefaults' = 'supported'")}`,
      "ALTER TABLE {t} ADD CONSTRAINT positive CHECK (id >= 0)",
      "INSERT INTO {t} (id) VALUES (1), (2)",
      "INSERT INTO {t} (id, note) VALUES (3, 'own')",
    ],
  },
  {
    name: "a table with texts of bounded length and comments",
    statements: [
      "CREATE TABLE {t} (id bigint COMMENT 'the id', c char(5), v varchar(5)) USING delta COMMENT 'a table'",
      "INSERT INTO {t} VALUES (1, 'a', 'b'), (2, NULL, NULL)",
    ],
    // Spark pads the text when it reads; the table knows it as a text of one letter.
    columns: "id, rtrim(c) AS c, v",
  },
  {
    name: "a table whose schema grew in a merge",
    statements: [
      `${CREATE} AS ${ROWS}`,
      "MERGE WITH SCHEMA EVOLUTION INTO {t} t USING (SELECT 5L AS id, 'x' AS more) s ON t.id = s.id WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *",
    ],
  },
  {
    name: "a table from which its features were dropped",
    statements: [
      `${CREATE} ${properties("enableDeletionVectors")} AS ${ROWS}`,
      ...changed,
      "ALTER TABLE {t} DROP FEATURE deletionVectors",
    ],
  },
  {
    name: "a table of variants",
    statements: [`${CREATE} AS SELECT 1L AS id, parse_json('{"a": 1}') AS data`],
    refused: /variantType/,
  },
];

export async function makeInSpark(table: string, { statements }: SparkTable): Promise<void> {
  for (const statement of statements) await spark(statement.replaceAll("{t}", sparkTable(table)));
}
