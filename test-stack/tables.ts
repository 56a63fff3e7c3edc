/** Every kind of table that Millrace writes, each made by its own code, with the rows that any reader must find in it. */

import type { TableSpec } from "../src/delta/table-spec.ts";
import { quoteName, quoteText } from "../src/sql/quote.ts";
import { CHANGED_TABLES } from "./changed-table.ts";
import { LIMITS } from "./limit.ts";
import type { TableKind } from "./table-kind.ts";

/** A kind that is made by appending the rows of each query in a commit of its own; the first tells the columns. */
function appended(
  name: string,
  {
    queries,
    ...rest
  }: Omit<TableKind, "name" | "make" | "rows"> &
    Omit<TableSpec, "fields"> & { readonly queries: readonly string[] },
): TableKind {
  const { filters, limits, ...spec } = rest;
  return {
    name,
    rows: queries.map((query) => `(${query})`).join(" UNION ALL "),
    ...(filters === undefined ? {} : { filters }),
    ...(limits === undefined ? {} : { limits }),
    make: async (lake, folder) => {
      const fields = await lake.engine.describe(queries[0] ?? "");
      let table = await lake.create(folder, { fields, ...spec });
      for (const query of queries) table = await lake.append(table, query);
    },
  };
}

const part = (from: number, to: number, columns = ""): string =>
  `SELECT range AS id, 'row ' || range AS note, range % 3 AS kind${columns} FROM range(${from}, ${to})`;

const PLAIN_TYPES = `
  SELECT * FROM (VALUES
    (1, NULL::TINYINT, NULL::SMALLINT, NULL::INTEGER, NULL::BIGINT, NULL::FLOAT, NULL::DOUBLE, NULL::BOOLEAN, NULL::DECIMAL(38, 0), NULL::DECIMAL(10, 2), NULL::DECIMAL(38, 38), NULL::VARCHAR, NULL::BLOB, NULL::DATE, NULL::TIMESTAMPTZ),
    (2, -128, -32768, -2147483648, -9223372036854775808, '-3.4028235e38', '-1.7976931348623157e308', false, '-99999999999999999999999999999999999999', -99999999.99, '-0.99999999999999999999999999999999999999', '', '\\x00\\xFF'::BLOB, '0001-01-01', '0001-01-01 00:00:00Z'),
    (3, 127, 32767, 2147483647, 9223372036854775807, '3.4028235e38', '1.7976931348623157e308', true, '99999999999999999999999999999999999999', 99999999.99, '0.99999999999999999999999999999999999999', repeat('long ', 5000), ''::BLOB, '9999-12-31', '9999-12-31 23:59:59.999999Z'),
    (4, 0, 0, 0, 0, 'nan', 'nan', true, 0, 0, '0.00000000000000000000000000000000000001', 'Zoë 🎉 門', 'text'::BLOB, '1969-12-31', '1969-12-31 23:59:59.999999Z'),
    (5, 1, 1, 1, 1, 'inf', '-inf', false, 1, 0.01, 0, E'a\\tb\\nc\\\\d"e''f', '\\x80'::BLOB, '1582-10-04', '1582-10-15 00:00:00.000001Z'),
    (6, 1, 1, 1, 1, '1e-45', '5e-324', false, 1, 1.10, 0, ' blank ', '\\x0A'::BLOB, '2024-02-29', '2024-02-29 12:00:00.123456Z')
  ) AS t(id, i8, i16, i32, i64, f32, f64, yes, big, money, small, text, bytes, day, moment)`;

const LOCAL_TIMES = `
  SELECT * FROM (VALUES (1, NULL::TIMESTAMP), (2, '0001-01-01'), (3, '9999-12-31 23:59:59.999999'),
    (4, '1969-12-31 23:59:59.999999'), (5, '2024-02-29 12:00:00.000001')) AS t(id, local)`;

const NESTED = `
  SELECT 1 AS id, [1, NULL, 3] AS list, MAP {'a': 1.5::DOUBLE, 'ü': NULL} AS pairs,
    {'x': 1, 'inner': {'y': 'why', 'z': [DATE '2024-01-01']}} AS struct,
    [{'k': 'a', 'v': MAP {1: [true]}}] AS deep
  UNION ALL SELECT 2, [], MAP {}, {'x': NULL, 'inner': NULL}, []
  UNION ALL SELECT 3, NULL, NULL, NULL, NULL
  UNION ALL SELECT 4, [NULL], MAP {'': 0}, {'x': -1, 'inner': {'y': '', 'z': []}}, [NULL, {'k': NULL, 'v': NULL}]`;

/** Texts that a folder of a partition, or the path in the log, may get wrong. */
const ODD_TEXTS = [
  "plain",
  "a=b",
  "a/b",
  "a b",
  "a%20b",
  "%2F",
  "50%",
  "..",
  ".",
  "a:b",
  "a?b#c",
  'say "hi"',
  "it's",
  "a\\b",
  "Zoë",
  "門",
  "🎉",
  "a+b&c",
  "{x}[y]",
  "tab\there",
  "line\nbreak",
  "_hidden",
  ".dot",
  "*",
  "<>|",
  "NULL",
  "null",
  "true",
  "1",
  " edge ",
  "__HIVE_DEFAULT_PARTITION__x",
  "x".repeat(150),
];
const ODD_ROWS = `
  SELECT row_number() OVER () AS id, odd FROM (
    SELECT unnest([${ODD_TEXTS.map(quoteText).join(", ")}]) AS odd UNION ALL SELECT NULL)`;

/** Types whose values a partition's text must hold to the last digit. */
const PARTITION_VALUES: Readonly<Record<string, readonly string[]>> = {
  boolean: ["true", "false"],
  tinyint: ["-128", "127"],
  bigint: ["-9223372036854775808", "9223372036854775807"],
  float: ["0.1", "-3.4028235e38"],
  double: ["0.1", "-1.7976931348623157e308", "5e-324"],
  "decimal(38, 10)": ["-0.0000000001", "9999999999999999999999999999.9999999999", "1.10"],
  date: ["0001-01-01", "1969-12-31", "9999-12-31"],
  timestamptz: ["1969-12-31 23:59:59.999999Z", "2024-02-29 12:00:00Z", "0001-01-01 00:00:00Z"],
  blob: ["text"],
};

const ODD_NAMES = [
  "select",
  "UPPER",
  "ünï",
  "a.b",
  'quo"te',
  "tick`s",
  "1st",
  "🎉",
  "_under",
  "dash-ed",
  "per%20cent",
  "slash/ed",
];
const FORBIDDEN_NAMES = [
  "with blank",
  "com,ma",
  "semi;colon",
  "bra(ck)et{s}",
  "equal=s",
  "tab\tstop",
  "line\nbreak",
];

function oddlyNamed(names: readonly string[]): string {
  const columns = names.map((name, index) => `range + ${index} AS ${quoteName(name)}`);
  return `SELECT ${columns.join(", ")} FROM range(5)`;
}

/** Files whose texts are longer than a bound may be, or hold what no bound can say, beside columns with plain bounds. */
const BOUND_TRAPS = [
  `SELECT range AS id, repeat('long ', 20) || range AS text, range::DOUBLE AS number, NULL::INTEGER AS nothing, range % 2 = 0 AS yes FROM range(0, 10)`,
  `SELECT range AS id, repeat(chr(1114111), 40) AS text, 'nan'::DOUBLE AS number, range::INTEGER AS nothing, NULL::BOOLEAN AS yes FROM range(10, 20)`,
  `SELECT range AS id, NULL::VARCHAR AS text, CASE WHEN range = 25 THEN 'inf' ELSE '-0.0' END::DOUBLE AS number, NULL::INTEGER AS nothing, true AS yes FROM range(20, 30)`,
  `SELECT range AS id, 'v' || range AS text, range / 3 AS number, -range::INTEGER AS nothing, false AS yes FROM range(30, 40)`,
];

export const TABLE_KINDS: readonly TableKind[] = [
  appended("a plain table of several commits", {
    queries: [part(0, 10), part(10, 25), part(25, 26)],
    filters: ["id > 12", "note = 'row 3'", "kind = 1 AND id < 20"],
  }),
  {
    name: "a table without rows",
    make: async (lake, folder) =>
      lake.create(folder, { fields: await lake.engine.describe(part(0, 1)) }),
    rows: part(0, 0),
  },
  appended("a table of every plain type, with its extremes", {
    queries: [PLAIN_TYPES],
    filters: [
      "i64 > 9000000000000000000",
      "big < 0",
      "money = 1.10",
      "day < '1900-01-01'",
      "text = 'Zoë 🎉 門'",
    ],
  }),
  appended("a table of times without a zone", { queries: [LOCAL_TIMES] }),
  appended("a table of nested columns", { queries: [NESTED, NESTED] }),
  appended("a table whose bounds are cut, left out or one-sided", {
    queries: BOUND_TRAPS,
    filters: [
      "id = 13",
      "text = 'v33'",
      `text = '${"long ".repeat(20)}7'`,
      "text > 'v35'",
      "text IS NULL",
      "number > 5 AND number < 8",
      "nothing IS NULL",
      "nothing < -35",
      "yes = true AND id > 15",
    ],
  }),
  appended("a table of zeros of both signs", {
    queries: [["-0.0"], ["0.0"], ["-0.0", "1"], ["0.0", "-1"]].map(
      (values, index) =>
        `SELECT ${index} AS id, unnest([${values.map(quoteText).join(", ")}])::DOUBLE AS number, number::FLOAT AS less`,
    ),
    filters: ["number = 0", "less = 0", "number >= 0 AND number <= 0", "less < 0", "number > 0"],
  }),
  appended("a table whose files have dictionaries of negative zeros", {
    queries: [
      "SELECT range AS id, CASE WHEN range = 5 THEN 'inf' ELSE '-0.0' END::DOUBLE AS number FROM range(10)",
    ],
    filters: ["number = 0"],
    limits: LIMITS.negativeZero,
  }),
  appended("a table partitioned by odd texts", {
    queries: [ODD_ROWS],
    partitionColumns: ["odd"],
    filters: ["odd = 'a/b'", "odd = '50%'", "odd IS NULL", "odd = 'it''s'"],
  }),
  ...Object.entries(PARTITION_VALUES).map(([type, values]) =>
    appended(`a table partitioned by ${type}`, {
      queries: [
        `SELECT row_number() OVER () AS id, value::${type} AS value FROM (SELECT unnest([${values.map(quoteText).join(", ")}, NULL]) AS value)`,
      ],
      partitionColumns: ["value"],
      filters: ["value IS NULL"],
      limits: type.startsWith("decimal") ? LIMITS.smallDecimalPartition : {},
    }),
  ),
  appended("a table partitioned by two columns, in several commits", {
    queries: [part(0, 10, ", range // 5 AS half"), part(10, 30, ", range // 5 AS half")],
    partitionColumns: ["half", "kind"],
    filters: ["half = 1", "kind = 2 AND half > 3", "id = 7"],
  }),
  appended("a table of odd column names", { queries: [oddlyNamed(ODD_NAMES)] }),
  appended("a table of column names that need mapping", {
    queries: [oddlyNamed([...ODD_NAMES, ...FORBIDDEN_NAMES])],
    limits: LIMITS.mapping,
  }),
  appended("a table mapped by name, nested and partitioned", {
    queries: [`SELECT *, id % 2 AS half FROM (${NESTED})`],
    partitionColumns: ["half"],
    configuration: { "delta.columnMapping.mode": "name" },
    limits: LIMITS.mappedPartition,
    filters: ["half = 1", "id > 2"],
  }),
  appended("a table mapped by id, nested and partitioned", {
    queries: [`SELECT *, id % 2 AS half FROM (${NESTED})`],
    partitionColumns: ["half"],
    configuration: { "delta.columnMapping.mode": "id" },
    limits: LIMITS.mappedPartition,
    filters: ["half = 1", "id > 2"],
  }),
  appended("a table with a checkpoint", {
    queries: Array.from({ length: 13 }, (_, index) => part(index * 2, index * 2 + 2)),
    filters: ["id = 5", "note = 'row 24'"],
  }),
  appended("a partitioned table with a checkpoint", {
    queries: Array.from({ length: 13 }, (_, index) => part(index * 2, index * 2 + 2)),
    partitionColumns: ["kind"],
    filters: ["kind = 1", "id = 5"],
  }),
  appended("a table of every plain type with a checkpoint", {
    queries: Array.from({ length: 11 }, () => PLAIN_TYPES),
    filters: ["big < 0", "day < '1900-01-01'"],
  }),
  appended("a mapped table with a checkpoint", {
    queries: Array.from({ length: 11 }, () => oddlyNamed(FORBIDDEN_NAMES)),
    limits: LIMITS.mapping,
  }),
  appended("a table with a v2 checkpoint", {
    queries: Array.from({ length: 13 }, (_, index) => part(index * 2, index * 2 + 2)),
    configuration: { "delta.checkpointPolicy": "v2" },
    limits: LIMITS.v2Checkpoint,
    filters: ["id = 5"],
  }),
  appended("a table with in-commit timestamps", {
    queries: [part(0, 3), part(3, 6)],
    configuration: { "delta.enableInCommitTimestamps": "true" },
  }),
  appended("a table with a change feed, appended to", {
    queries: [part(0, 3), part(3, 6)],
    configuration: { "delta.enableChangeDataFeed": "true" },
  }),
  appended("an append-only table", {
    queries: [part(0, 3), part(3, 6)],
    configuration: { "delta.appendOnly": "true" },
  }),
  appended("a table with properties of its own", {
    queries: [part(0, 3)],
    name: "a name",
    configuration: { "my.own": "with 'quotes' and ü" },
  }),
  {
    name: "a table to which columns were added",
    make: async (lake, folder) => {
      const { engine } = lake;
      const first = await lake.create(folder, { fields: await engine.describe(part(0, 3)) });
      const old = await lake.append(first, part(0, 3));
      const later = part(3, 6, ", range / 2 AS half, {'n': range} AS more");
      await lake.append(old, later, { schema: { fields: await engine.describe(later) } });
    },
    rows: `${part(0, 3, ", NULL::DOUBLE AS half, NULL::STRUCT(n BIGINT) AS more")}
      UNION ALL ${part(3, 6, ", range / 2 AS half, {'n': range} AS more")}`,
    filters: ["half IS NULL", "half > 2"],
  },
  {
    name: "a table that was overwritten with other columns",
    make: async (lake, folder) => {
      const fields = await lake.engine.describe(part(0, 3));
      const old = await lake.append(await lake.create(folder, { fields }), part(0, 3));
      const query = "SELECT 'text' AS id, 1.50 AS price";
      await lake.append(old, query, {
        remove: "all",
        schema: { fields: await lake.engine.describe(query) },
      });
    },
    rows: "SELECT 'text' AS id, 1.50 AS price",
    filters: ["id = 'text'"],
  },
  {
    name: "a table from which files were taken",
    make: async (lake, folder) => {
      const fields = await lake.engine.describe(part(0, 3));
      const two = await lake.append(await lake.create(folder, { fields }), part(0, 3));
      const [file] = two.files;
      const both = await lake.append(two, part(3, 6));
      await lake.append(both, part(6, 7), { remove: file === undefined ? [] : [file] });
    },
    rows: part(3, 7),
    filters: ["id = 1", "id = 6"],
  },
  ...CHANGED_TABLES,
];
