/** Conditions that mean the same to every engine, and rows that tell them apart. */

import type { Field } from "../../src/schema/type.ts";
import { column } from "../delta/lake.ts";

const address = { kind: "struct", fields: [column("plz", "string")] } as const;
export const FIELDS: readonly Field[] = [
  column("a", "integer"),
  column("b", "long"),
  column("net", { kind: "decimal", precision: 9, scale: 2 }),
  column("share", "double"),
  column("name", "string"),
  column("Ist da", "boolean"),
  column("day", "date"),
  column("began", "timestamp"),
  column("until", "timestamp"),
  column("wall", "timestamp_ntz"),
  column("address", address),
  column("tags", { kind: "array", element: "string", containsNull: true }),
];

/** Rows with values on both sides of every condition below, and nulls. */
export const ROWS = `(select * replace (net::decimal(9, 2) as net) from (values
  (1, 2::bigint, 1.50::decimal(9, 2), 0.5::double, 'x', true, date '2024-02-29', '2024-01-01'::timestamptz, '2024-01-02'::timestamptz, timestamp '2024-01-01', {'plz': '1010'}, ['t']),
  (-1, -7, -0.01, 1e6, 'it''s 100%', false, date '1999-12-31', '2024-01-03'::timestamptz, '2024-01-02'::timestamptz, timestamp '2024-01-01', {'plz': null}, []),
  (0, 0, 0, 0, '', true, date '2020-01-01', null, null, null, null, null),
  (null, null, null, null, null, null, null, null, null, null, null, null),
  (14, 3, 99.99, 100, ' a\\b ', false, date '2020-01-02', '2024-01-01'::timestamptz, '2024-01-01'::timestamptz, timestamp '2024-01-01', {'plz': 'A'}, null)
) v(a, b, net, share, name, "Ist da", day, began, until, wall, address, tags))`;

/** In the engine's SQL, and in the words of Spark that mean the same. */
export const CONDITIONS: readonly (readonly [sql: string, spark: string])[] = [
  ["a > 0", "a > 0"],
  ["A>0", "a > 0"],
  ["a != -1", "a <> -1"],
  ["net >= 1.50 and net < .05", "(net >= 1.50) AND (net < 0.05)"],
  ["share > 1e5", "share > 1e+5"],
  ["a is null or not (a > 0 and b > 1)", "(a IS NULL) OR (NOT ((a > 0) AND (b > 1)))"],
  ["a in (1, 2) and name not in ('x', 'y')", "(a IN (1, 2)) AND (name NOT IN ('x', 'y'))"],
  ["a between -1 and 13", "a BETWEEN -1 AND 13"],
  ["a not between 0 and b", "NOT (a BETWEEN 0 AND b)"],
  ["name = 'it''s 100%'", "name = 'it\\'s 100%'"],
  ["name <> ' a\\b '", "name <> ' a\\\\b '"],
  ["name like '%100_'", "name LIKE '%100_'"],
  ["name not like 'x%'", "name NOT LIKE 'x%'"],
  ["length(trim(name)) > 2", "length(trim(name)) > 2"],
  ['"Ist da" or not "ist da"', "`Ist da` OR (NOT `Ist da`)"],
  ["day > date '2020-01-01'", "`day` > DATE '2020-01-01'"],
  [
    "day > '2020-01-01'::date and year(day) = 2024",
    "(`day` > DATE '2020-01-01') AND (year(`day`) = 2024)",
  ],
  ["until >= began", "until >= began"],
  ["began is not null", "began IS NOT NULL"],
  ["a + b * 2 - 1 = 4 and -a < abs(b)", "(((a + (b * 2)) - 1) = 4) AND ((- a) < abs(b))"],
  ["coalesce(a, b, 0) = 0", "coalesce(a, b, 0) = 0"],
  ["a is distinct from 1 and b is not distinct from null", "(NOT (a <=> 1)) AND (b <=> NULL)"],
  ["case when a > 0 then net > 2 else true end", "CASE WHEN a > 0 THEN net > 2 ELSE TRUE END"],
  ["address.plz = '1010'", "address.plz = '1010'"],
  ["a > 0 -- and more", "a > 0"],
];
