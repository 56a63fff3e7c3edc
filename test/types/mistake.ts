/** What must not compile in a project file. */

import {
  bigint,
  chart,
  csv,
  date,
  defineProject,
  env,
  every,
  files,
  ingest,
  integer,
  param,
  picture,
  publish,
  sql,
  text,
  transform,
} from "../../src/index.ts";

/** Never called: compiling it is the test. */
export function mistakes(): void {
  const columns = { number: text(), doors: integer(), mileage: bigint() };
  const cars = ingest("bronze.cars", { from: csv("cars.csv"), columns });
  const typed = transform("gold.cars", sql`from ${cars}`, { columns });
  const to = files("out", { format: "csv" });

  // @ts-expect-error a partition that is no column
  ingest("bronze.a", { from: csv("a.csv"), columns, partitionBy: ["nmuber"] });
  // @ts-expect-error a key that is no column
  ingest("bronze.a", { from: csv("a.csv"), columns, unique: { key: "nmuber" } });
  // @ts-expect-error one of several keys that is no column
  ingest("bronze.a", { from: csv("a.csv"), columns, unique: { key: ["number", "dors"] } });
  ingest("bronze.a", {
    from: csv("a.csv"),
    columns,
    // @ts-expect-error a time that is no column
    unique: { key: "number", within: { time: "1 h", by: "att" } },
  });
  // @ts-expect-error a span of time without its unit
  ingest("bronze.a", { from: csv("a.csv", { settle: "10" }), columns });
  // @ts-expect-error a misspelt option
  ingest("bronze.a", { from: csv("a.csv"), columns, partitonBy: ["number"] });
  // @ts-expect-error no source
  ingest("bronze.a", { columns });
  // @ts-expect-error no columns
  ingest("bronze.a", { from: csv("a.csv") });
  // @ts-expect-error a way of writing that there is not
  ingest("bronze.a", { from: csv("a.csv"), columns, write: "merge" });
  // @ts-expect-error a key of a merge that is no column
  ingest("bronze.a", { from: csv("a.csv"), columns, write: { merge: "nmuber" } });
  ingest("bronze.a", {
    from: csv("a.csv"),
    columns,
    // @ts-expect-error a time of a merge that is no column
    write: { merge: ["number"], newest: "att" },
  });
  // @ts-expect-error changes of a database, which no source delivers yet
  ingest("bronze.a", { from: csv("a.csv"), columns, write: { changes: "number" } });
  // @ts-expect-error what becomes of absent rows, other than that they go
  ingest("bronze.a", { from: csv("a.csv"), columns, write: { merge: "number", absent: "keep" } });
  // @ts-expect-error a part to overwrite, which files have none of
  ingest("bronze.a", { from: csv("a.csv"), columns, write: "overwrite partitions" });
  // @ts-expect-error a time to keep by that is no column
  ingest("bronze.a", { from: csv("a.csv"), columns, keep: { for: "30 days", by: "att" } });
  // @ts-expect-error a span of time to keep for in another unit
  ingest("bronze.a", { from: csv("a.csv"), columns, keep: { for: "1 month", by: "number" } });
  // @ts-expect-error a dropped column that is declared as well
  ingest("bronze.a", { from: csv("a.csv"), columns, drop: ["fax", "doors"] });
  ingest("bronze.a", { from: csv("a.csv"), columns, drop: ["fax", "address.plz"] });
  // @ts-expect-error a constraint that is no SQL
  ingest("bronze.a", { from: csv("a.csv"), columns, constraints: { positive: "doors > 0" } });
  // @ts-expect-error a former name that is no text
  ingest("bronze.a", { from: csv("a.csv"), columns: { doors: integer().formerly(1) } });
  // @ts-expect-error a property that is no text
  ingest("bronze.a", { from: csv("a.csv"), columns, properties: { "delta.appendOnly": true } });
  // @ts-expect-error a format option of another format
  ingest("bronze.a", { from: csv("a.csv", { records: "$[*]" }), columns });

  // @ts-expect-error a published column that is not there
  publish(cars, to, { columns: ["number", "dors"] });
  // @ts-expect-error a title for a column that is not there
  publish(cars, to, { columns: { dors: "Doors" } });
  // @ts-expect-error the same for a transform with declared columns
  publish(typed, to, { columns: ["dors"] });
  // @ts-expect-error a quarantine has columns of its own
  publish(cars.quarantine, to, { columns: ["number"] });
  // @ts-expect-error a text is no SQL
  publish(cars, to, { where: "doors > 1" });
  // @ts-expect-error no format
  publish(cars, files("out", {}));
  // @ts-expect-error a partition that the transform does not declare
  transform("gold.a", sql`from ${cars}`, { columns, partitionBy: ["dors"] });
  // @ts-expect-error a key that the transform does not declare
  transform("gold.a", sql`from ${cars}`, { columns, write: { merge: "dors" } });
  transform("gold.a", sql`from ${cars}`, { write: { merge: ["anything"], newest: "at" } });
  transform("gold.a", sql`from ${cars}`, { write: { replaceWhere: sql`doors = 4` } });
  // @ts-expect-error a condition that is a text
  transform("gold.a", sql`from ${cars}`, { write: { replaceWhere: "doors = 4" } });
  // @ts-expect-error absent keys, which go by themselves
  transform("gold.a", sql`from ${cars}`, { write: { merge: "doors", absent: "delete" } });
  // @ts-expect-error a query that is a text
  transform("gold.a", "select 1");

  // @ts-expect-error a range of the wrong type
  integer().between("1", "2");
  // @ts-expect-error a range of the wrong size
  bigint().between(1, 2);
  // @ts-expect-error a value of the wrong type
  text().oneOf([1]);
  // @ts-expect-error a pattern is for texts
  date().matches("x");
  // @ts-expect-error a default outside of what is allowed is no parameter of it
  param("a", { default: "x", oneOf: [1] });
  // @ts-expect-error a parameter without a default
  param("a", {});

  // @ts-expect-error a secret never stands in SQL
  sql`select ${env("PASSWORD")}`;
  // @ts-expect-error a list is no value
  sql`select ${[1, 2]}`;
  // @ts-expect-error undefined is no value
  sql`select ${undefined}`;
  // @ts-expect-error a number is no place
  csv(1);
  // @ts-expect-error a parameter that is no text is no place
  csv(param("a", { default: 1 }));

  // @ts-expect-error a picture needs a folder
  picture("p", chart.bar({ from: sql`from ${cars}`, x: "number", y: "doors" }), {});
  // @ts-expect-error a bar needs values
  chart.bar({ from: sql`from ${cars}`, x: "number" });
  // @ts-expect-error a span of time in words
  every("ten minutes");
  // @ts-expect-error a text is no asset
  defineProject({ name: "p", assets: ["bronze.cars"] });
  // @ts-expect-error a project has a name
  defineProject({ assets: [cars] });
}
