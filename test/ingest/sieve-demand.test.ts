/** Which rules of a column the sieve takes over, and as what; those that it does not are left to SQL. */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  bigint,
  type Column,
  date,
  decimal,
  float,
  ingest,
  integer,
  localTimestamp,
  ndjson,
  sql,
  text,
  timestamp,
  uuid,
} from "../../src/index.ts";
import { compileContract } from "../../src/ingest/contract.ts";
import { sieveDemand } from "../../src/ingest/sieve-demand.ts";
import type { SieveLimits } from "../../src/source/sieve/column.ts";

function demandOf(column: Column): ReturnType<typeof sieveDemand> {
  return sieveDemand(column.definition);
}

test("a range is given as a chunk of rows holds its ends", () => {
  const day = BigInt(Date.UTC(2024, 1, 29) / 86_400_000);
  const noon = BigInt(Date.UTC(2024, 1, 29, 12)) * 1000n;
  const ranges: readonly (readonly [Column, SieveLimits["range"]])[] = [
    [integer().between(-5, 7), [-5n, 7n]],
    [bigint().between(0n, 10n ** 18n), [0n, 10n ** 18n]],
    [decimal(12, 2).between("0", "100000"), [0n, 10_000_000n]],
    [decimal(5, 2).between("-0.5", "1.25"), [-50n, 125n]],
    [float().between(-0.5, 1), [-0.5, 1]],
    [date().between("1970-01-01", "2024-02-29"), [0n, day]],
    [localTimestamp().between("1970-01-01", "2024-02-29 12:00:00"), [0n, noon]],
    [
      localTimestamp().between("1970-01-01T00:00:00.001", "2024-02-29T12:00:00.000001"),
      [1000n, noon + 1n],
    ],
  ];
  for (const [column, range] of ranges) {
    const demand = demandOf(column);
    assert.deepEqual(demand.range, range);
    assert.deepEqual([...demand.holds], column.definition.rules);
  }
});

test("a range whose ends are not plain is left to SQL", () => {
  const columns: readonly Column[] = [
    integer().between(0.5, 7),
    bigint().between(-(2n ** 63n), 2n ** 64n),
    decimal(12, 2).between("0.001", "1"),
    decimal(12, 2).between("1e3", "1e4"),
    decimal(38, 2).between("0", "1"),
    date().between("2024-02-30", "2024-03-01"),
    date({ formats: ["%d.%m.%Y"] }).between("2024-01-01", "2024-03-01"),
    localTimestamp().between("2024-01-01T24:00:00", "2024-03-01"),
    localTimestamp().between("2024-01-01T00:00:00Z", "2024-03-01"),
    timestamp().between(new Date("2024-01-01T00:00:00Z"), new Date("2024-03-01T00:00:00Z")),
    text().between("a", "b"),
    integer()
      .clean((value) => sql`trim(${value})`)
      .between(0, 1),
  ];
  for (const column of columns) {
    const { range, holds } = demandOf(column);
    assert.deepEqual([range, holds.size], [undefined, 0], column.definition.type.kind);
  }
});

test("of a text one pattern, list or demand of something else than blanks is taken over", () => {
  for (const column of [
    text().matches("[a-z]+"),
    text().oneOf(["a", "b"]),
    text().notBlank(),
    text().optional().matches("a|b"),
  ]) {
    const { automaton, holds } = demandOf(column);
    assert.ok(automaton !== undefined);
    assert.deepEqual([...holds], column.definition.rules);
  }
  const two = text().notBlank().matches("[a-z ]+");
  assert.deepEqual([...demandOf(two).holds], two.definition.rules.slice(0, 1));
});

test("what only SQL can judge is left to it", () => {
  const many = Array.from({ length: 201 }, (_, index) => String(index));
  for (const column of [
    text().matches("(?i)a"),
    text().oneOf(many),
    text().check((value) => sql`length(${value}) > 1`, "is too short"),
    text()
      .clean((value) => sql`trim(${value})`)
      .matches("a"),
    uuid().oneOf(["00000000-0000-4000-8000-00000000000a"]),
    integer().oneOf([1, 2]),
  ]) {
    const { automaton, range, holds } = demandOf(column);
    assert.deepEqual([automaton, range, holds.size], [undefined, undefined, 0]);
  }
});

test("a second range is left to SQL beside the first", () => {
  const column = integer().between(0, 10).between(5, 20);
  const { range, holds } = demandOf(column);
  assert.deepEqual([range, [...holds]], [[0n, 10n], column.definition.rules.slice(0, 1)]);
});

test("a rule that two columns share is left to SQL of the one that is cleaned", () => {
  const name = text().matches("[a-z]*").optional();
  const columns = { plain: name, cleaned: name.clean((value) => sql`lower(${value})`) };
  const { definition } = ingest("bronze.t", { from: ndjson("x"), columns });
  const contract = compileContract({
    definition,
    resolver: { table: (table) => table.name, param: () => "" },
    arrival: new Date(0),
    refuseNul: false,
  });
  const judged = contract
    .sifted()
    ?.judge({ relation: "r", file: "f", line: "l", place: "p" }, "false");
  assert.match(judged ?? "", /regexp_full_match\("cleaned"/);
  assert.doesNotMatch(judged ?? "", /regexp_full_match\("plain"/);
});
