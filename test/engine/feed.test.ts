/** Rows in bulk as a relation of the engine: every type arrives as it is, and what goes wrong is told. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { createDuckDB } from "../../src/engine/duckdb.ts";
import type { Engine, Feed, Row } from "../../src/engine/engine.ts";
import { quotePath } from "../../src/engine/path.ts";
import type { ChunkField, RowChunk } from "../../src/schema/row-chunk.ts";
import { seed } from "../storage/seed.ts";
import { chunkOf, type FeedValue, plainRoom, type Room, sharedRoom } from "./feed-chunk.ts";

const folder = mkdtempSync(join(tmpdir(), "millrace-feed-"));
const engines = {
  1: await createDuckDB({ threads: 1, memoryLimit: "1GB" }),
  4: await createDuckDB({ threads: 4, memoryLimit: "1GB" }),
} as const;
const engine = engines[4];
after(() => {
  for (const one of Object.values(engines)) one.close();
  rmSync(folder, { recursive: true, force: true });
});

const decimal = (precision: number, scale: number) =>
  ({ kind: "decimal", precision, scale }) as const;
const FIELDS: readonly ChunkField[] = [
  { name: "n", type: "long" },
  { name: "whole", type: "integer" },
  { name: "real", type: "double" },
  { name: "is it", type: "boolean" },
  { name: "day", type: "date" },
  { name: "time", type: "timestamp_ntz" },
  { name: "d4", type: decimal(4, 1) },
  { name: "d9", type: decimal(9, 9) },
  { name: "d18", type: decimal(18, 3) },
  { name: "text", type: "string" },
  { name: "other text", type: "string" },
];
const NUMBERS: readonly ChunkField[] = [{ name: "n", type: "long" }];

let state = seed;
const below = (count: number): number => {
  state = (Math.imul(state, 1103515245) + 12345) >>> 0;
  return (state >>> 8) % count;
};
const pick = <T>(from: readonly T[]): T => from[below(from.length)] as T;

const TEXTS = [
  "",
  "a",
  "twelve bytes",
  "thirteen byte",
  "é",
  "🐎🐎🐎",
  "🐎🐎🐎🐎",
  "ab\u0000cd",
  'a,"b"\n',
];

/** A value of the type and what the engine makes of it. */
function sampleOf({ type }: ChunkField, row: number): readonly [FeedValue, unknown] {
  const text = (): string =>
    pick([...TEXTS, `${row} ${"漢".repeat(below(40))}`, "x".repeat(below(3000))]);
  if (type === "string") {
    const own = text();
    return [own, own];
  }
  if (type === "boolean") return pick([[true, true] as const, [false, false] as const]);
  if (type === "double") {
    const own = pick([0, -0, 1.5, -1e308, 5e-324, below(1e6) / 7]);
    return [own, own];
  }
  if (type === "integer") {
    const own = pick([0n, 1n, -1n, 2n ** 31n - 1n, -(2n ** 31n), BigInt(below(1e6))]);
    return [own, Number(own)];
  }
  if (type === "long") return [BigInt(row), BigInt(row)];
  if (type === "date") {
    const own = pick([0, -1, 2_932_896, -354_285, below(40_000)]);
    return [BigInt(own), new Date(own * 86_400_000).toISOString().slice(0, 10)];
  }
  if (type === "timestamp_ntz") {
    const own = pick([0n, -1n, BigInt(below(2 ** 31)) * 1_000_003n]);
    return [own, own];
  }
  const digits = typeof type === "object" && type.kind === "decimal" ? type : decimal(1, 0);
  const most = 10n ** BigInt(digits.precision) - 1n;
  const own = pick([0n, 1n, -1n, most, -most, BigInt(below(9999)) % most]);
  return [own, pointed(own, digits.scale)];
}

function pointed(number: bigint, scale: number): string {
  const digits = `${number < 0n ? -number : number}`.padStart(scale + 1, "0");
  return `${number < 0n ? "-" : ""}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

interface Filled {
  readonly chunk: RowChunk;
  readonly wanted: readonly Row[];
}

/** Microseconds as a number, for a time may be written in more than one way. */
const TAKEN = `n, whole, real, "is it", day, epoch_us("time") as "time", d4, d9, d18, text, "other text"`;

/** Rows from the number on, of which one value in so many is null. */
function fill(from: number, rows: number, nullShare: number, room: Room): Filled {
  const numbers = Array.from({ length: rows }, (_, index) => from + index);
  const lists = FIELDS.map((field) =>
    numbers.map((row) =>
      field.name !== "n" && nullShare > 0 && below(nullShare) === 0
        ? ([null, null] as const)
        : sampleOf(field, row),
    ),
  );
  const chunk = chunkOf(
    FIELDS,
    lists.map((list) => list.map(([value]) => value)),
    room,
  );
  const wanted = numbers.map((_, row) =>
    Object.fromEntries(FIELDS.map(({ name }, at) => [name, lists[at]?.[row]?.[1]])),
  );
  return { chunk, wanted: wanted as Row[] };
}

/** A feed of these chunks, one after another. */
function feedOf(on: Engine, fields: readonly ChunkField[], chunks: readonly RowChunk[]): Feed {
  let next = 0;
  return on.openFeed({ fields, next: () => chunks[next++] });
}

for (const [threads, own] of Object.entries(engines))
  for (const [memory, room] of [
    ["memory of its own", plainRoom],
    ["memory that threads share", sharedRoom],
  ] as const)
    test(`every type arrives as it is from ${memory}, with ${threads} threads (seed ${seed})`, async () => {
      const sizes = [1, 63, 64, 65, 2047, 2048, 7];
      const filled = sizes.map((rows, index) =>
        fill(
          sizes.slice(0, index).reduce((sum, one) => sum + one, 0),
          rows,
          pick([0, 2, 9, 1]),
          room(),
        ),
      );
      const feed = feedOf(
        own,
        FIELDS,
        filled.map(({ chunk }) => chunk),
      );
      const rows = await own.rows(`select ${TAKEN} from ${feed.relation} order by n`);
      feed.close();
      assert.deepEqual(
        rows,
        filled.flatMap(({ wanted }) => wanted),
      );
    });

test("how far a feed is, is the progress of the session that it was opened with", async () => {
  const other = await engine.session();
  let fraction = 0.25;
  const feed = engine.openFeed({
    fields: FIELDS,
    next() {
      fraction = 0.75;
      return undefined;
    },
    fraction: () => fraction,
  });
  assert.deepEqual([engine.progress().fraction, other.progress().fraction], [0.25, undefined]);
  await engine.rows(`select * from ${feed.relation}`);
  assert.equal(engine.progress().fraction, 0.75);
  feed.close();
  assert.equal(engine.progress().fraction, undefined);
  other.close();
});

test("the columns of a feed are told without a row of it", async () => {
  let asked = 0;
  const feed = engine.openFeed({
    fields: FIELDS,
    next() {
      asked += 1;
      return undefined;
    },
  });
  const fields = await engine.describe(`select * from ${feed.relation}`);
  assert.deepEqual(
    fields.map(({ name, type }) => ({ name, type })),
    FIELDS,
  );
  assert.equal(asked, 0);
  assert.deepEqual(await engine.rows(`select * from ${feed.relation}`), []);
  assert.ok(asked > 0);
  feed.close();
});

for (const [threads, own] of Object.entries(engines))
  test(`a feed is written into files and read back as it was, with ${threads} threads (seed ${seed})`, async () => {
    const filled = Array.from({ length: 40 }, (_, index) =>
      fill(index * 2048, 2048, pick([0, 3]), pick([plainRoom, sharedRoom])()),
    );
    const feed = feedOf(
      own,
      FIELDS,
      filled.map(({ chunk }) => chunk),
    );
    const files = await own.write(`select ${TAKEN} from ${feed.relation}`, {
      folder,
      prefix: `t${threads}-`,
    });
    feed.close();
    const list = files.map(({ path }) => quotePath(path)).join(", ");
    const rows = await own.rows(`select * from read_parquet([${list}]) order by n`);
    const wanted = filled.flatMap((one) => one.wanted);
    assert.equal(rows.length, wanted.length);
    // A dictionary of a file knows one zero alone.
    const zeroed = (row: Row | undefined) => (row?.real === 0 ? { ...row, real: 0 } : row);
    for (const [index, row] of rows.entries()) assert.deepEqual(zeroed(row), zeroed(wanted[index]));
  });

test("rows are counted, summed and joined as those of any relation, whatever thread takes them", async () => {
  const chunks = Array.from({ length: 300 }, (_, index) =>
    chunkOf(NUMBERS, [Array.from({ length: 2048 }, (_, row) => BigInt(index * 2048 + row))]),
  );
  for (const own of Object.values(engines)) {
    const feed = feedOf(own, NUMBERS, chunks);
    const [sums] = await own.rows(
      `select count(*) as rows, sum(n)::bigint as sum, count(distinct n) as distinct_rows, count(*) filter (n in (select i * 1000 from range(1000) t(i))) as found from ${feed.relation}`,
    );
    feed.close();
    const rows = 300n * 2048n;
    assert.deepEqual(sums, {
      rows,
      sum: (rows * (rows - 1n)) / 2n,
      distinct_rows: rows,
      found: (rows + 999n) / 1000n,
    });
  }
});

test("the same memory may hold one chunk after another", async () => {
  const fields: ChunkField[] = [{ name: "text", type: "string" }];
  const memory = new SharedArrayBuffer(2 ** 20);
  let count = 0;
  const feed = engine.openFeed({
    fields,
    next() {
      if (count === 200) return undefined;
      count += 1;
      let used = 0;
      const room = {
        take(bytes: number) {
          const part = new Uint8Array(memory, used, bytes).fill(0);
          used = Math.ceil((used + bytes) / 16) * 16;
          return part;
        },
      };
      const texts = Array.from({ length: 500 }, (_, row) => `text ${count} of the row ${row}`);
      return chunkOf(fields, [texts], room);
    },
  });
  const [seen] = await engine.rows(
    `select count(*) as rows, count(distinct text) as texts, bool_and(regexp_full_match(text, 'text \\d+ of the row \\d+')) as is_whole from ${feed.relation}`,
  );
  feed.close();
  assert.deepEqual(seen, { rows: 100_000n, texts: 100_000n, is_whole: true });
});

test("the engine's threads have numbers from 0", async () => {
  const asked = new Set<number>();
  const chunk = chunkOf(NUMBERS, [Array.from({ length: 2048 }, (_, row) => BigInt(row))]);
  let left = 200;
  const feed = engine.openFeed({
    fields: NUMBERS,
    next(thread) {
      asked.add(thread);
      return left-- > 0 ? chunk : undefined;
    },
  });
  await engine.rows(`select sum(sqrt(n)) from ${feed.relation}`);
  feed.close();
  assert.ok(asked.has(0));
  assert.ok([...asked].every((thread) => thread < 4));
});

test("an error that next() throws ends the statement with its message, and the next one runs", async () => {
  for (const good of [0, 1, 5])
    for (const own of Object.values(engines)) {
      let count = 0;
      const feed = own.openFeed({
        fields: NUMBERS,
        next() {
          count += 1;
          if (count > good) throw new Error("the disk is on fire");
          return chunkOf(NUMBERS, [[BigInt(count)]]);
        },
      });
      await assert.rejects(own.rows(`select sum(n) from ${feed.relation}`), /the disk is on fire/);
      feed.close();
      assert.deepEqual(await own.rows("select 1 as one"), [{ one: 1 }]);
    }
});

test("a feed that was closed, and one that never was, are refused", async () => {
  const feed = feedOf(engine, NUMBERS, []);
  feed.close();
  await assert.rejects(engine.rows(`select * from ${feed.relation}`), /no such feed/);
  await assert.rejects(engine.rows("select * from millrace_feed(-1)"), /no such feed/);
});

test("two sessions take from feeds of their own at once, and one takes from two", async () => {
  const other = await engine.session();
  const list = (salt: number) =>
    Array.from({ length: 100 }, (_, index) =>
      chunkOf(NUMBERS, [
        Array.from({ length: 2048 }, (_, row) => BigInt((index * 2048 + row) * salt)),
      ]),
    );
  const feeds = [feedOf(engine, NUMBERS, list(1)), feedOf(other, NUMBERS, list(3))] as const;
  const sums = await Promise.all([
    engine.rows(`select sum(n)::bigint as sum from ${feeds[0].relation}`),
    other.rows(`select sum(n)::bigint as sum from ${feeds[1].relation}`),
  ]);
  const rows = 204_800n;
  const sum = (rows * (rows - 1n)) / 2n;
  assert.deepEqual(sums, [[{ sum }], [{ sum: 3n * sum }]]);
  for (const feed of feeds) feed.close();
  const [one, two] = [feedOf(other, NUMBERS, list(1)), feedOf(engine, NUMBERS, list(3))];
  const joined = await engine.rows(
    `select count(*) as rows from ${one.relation} one join ${two.relation} two on one.n = two.n`,
  );
  assert.deepEqual(joined, [{ rows: (rows + 2n) / 3n }]);
  one.close();
  two.close();
  other.close();
});

/** What a process says that takes these texts from a feed; `mark` is written over a byte of the longer ones. */
function hashesOf(texts: readonly string[], mark: number | undefined): string {
  const url = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
  const script = `
    import { createDuckDB } from ${url("../../src/engine/duckdb.ts")};
    import { chunkOf } from ${url("./feed-chunk.ts")};
    const engine = await createDuckDB({ threads: 2 });
    const fields = [{ name: "text", type: "string" }];
    const chunk = chunkOf(fields, [${JSON.stringify(texts)}]);
    if (${mark} !== undefined) chunk.columns[0].texts[10] = ${mark};
    let left = 1;
    const feed = engine.openFeed({ fields, next: () => (left-- > 0 ? chunk : undefined) });
    const query = \`select md5(text::blob) as hash from \${feed.relation}\`;
    const rows = await engine.rows(query).catch(({ message }) => [{ hash: message }]);
    process.stdout.write(rows.map(({ hash }) => hash).join(" "));
    feed.close();
    engine.close();
  `;
  const how = ["--conditions=millrace-source", "--input-type=module-typescript", "--eval", script];
  return execFileSync(process.execPath, how, { encoding: "utf8", timeout: 60_000 });
}

const SOME = ["a text of more than 12", "another of these texts", "short"];

test("a process that took from a feed ends by itself", () => {
  const hashes = SOME.map((text) => createHash("md5").update(text).digest("hex"));
  assert.equal(hashesOf(SOME, undefined), hashes.join(" "));
});

test("longer texts that are no UTF-8 do not end the process", () => {
  assert.notEqual(hashesOf(SOME, 0xff), "");
});
