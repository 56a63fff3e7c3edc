/** A small project that passes every crash point, the files it reads, and all that it must have done in the end. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Crash } from "../../src/base/crash-point.ts";
import { MillraceError } from "../../src/base/error.ts";
import { renderJson } from "../../src/base/json.ts";
import type { Row } from "../../src/engine/engine.ts";
import {
  type Asset,
  bigint,
  chart,
  csv,
  files,
  ingest,
  integer,
  ndjson,
  notNull,
  param,
  picture,
  position,
  publish,
  rowCount,
  sql,
  text,
  transform,
  unique,
} from "../../src/index.ts";
import { replay } from "../../src/run/replay.ts";
import type { Sandbox } from "../run/sandbox.ts";

/** Amounts above it are turned away, until a replay with a higher one lets them in. */
const most = param("most", { default: 100 });

const orders = ingest("bronze.orders", {
  from: csv("inbox/*.csv"),
  columns: {
    number: bigint(),
    shop: text().notBlank(),
    amount: integer(),
    place: position(),
  },
  rules: { "the amount is too high": sql`amount <= ${most}` },
  unique: { key: "number" },
});
const events = ingest("bronze.events", {
  from: ndjson("events/*.ndjson"),
  columns: { at: text(), shop: text() },
  extra: "keep",
});
const shops = ingest("bronze.shops", {
  from: csv("shops.csv"),
  columns: { shop: text(), city: text() },
  write: "overwrite",
});
const totals = transform(
  "gold.totals",
  sql`select shop, city, sum(amount)::bigint as amount, count(*) as orders
      from ${orders} join ${shops} using (shop) group by all`,
  {
    partitionBy: ["city"],
    checks: {
      "a shop stands in one line": unique("shop"),
      "every shop has a city": notNull("city"),
      "there are few shops": rowCount({ max: 1, severity: "warning" }),
    },
  },
);
const usual = transform(
  "silver.usual",
  sql`select number, shop, amount from ${orders} where amount < 1000`,
  { write: { replaceWhere: sql`amount < 1000` } },
);
const byShop = transform(
  "silver.by_shop",
  sql`select shop, count(*) as orders from ${orders} group by shop`,
  { write: "overwrite partitions", partitionBy: ["shop"] },
);
const rejected = transform(
  "silver.rejected",
  sql`select file, line, reasons[1].message as message from ${orders.quarantine}`,
);

const ASSETS: readonly Asset[] = [
  orders,
  events,
  shops,
  totals,
  usual,
  byShop,
  rejected,
  publish(totals, files("out", { format: "csv", name: "totals" }), { orderBy: sql`shop` }),
  publish(rejected, files("out", { format: "ndjson", name: "rejected" }), {
    orderBy: sql`file, line`,
  }),
  picture(
    "totals",
    chart.bar({
      from: sql`select shop, amount from ${totals} order by shop`,
      x: "shop",
      y: "amount",
    }),
    { folder: "out", format: "svg" },
  ),
];

/** Tables that every file is loaded into once; one that is overwritten may skip a version that nobody saw. */
const LOADED = ["bronze.orders", "bronze.events"];
/** What a run says of a step that another one was first with. */
const LOST = ["ingest/other-run", "ingest/other-replay", "transform/other-run", "delta/conflict"];
/** Columns that differ from run to run, or say when. */
const PASSING = ["id", "run", "rejected_at", "recorded_at", "modified", "contract", "version"];

export function writeFirstFiles({ write }: Sandbox): void {
  write("inbox/a.csv", "number,shop,amount\n1,north,10\n2,south,20\nx,north,5\n3,north,500\n");
  write("inbox/b.csv", 'number,shop,amount\n4,south,7\n1,north,10\n5,"north,9\n6,west,2\n');
  write("events/e.ndjson", '{"at":"noon","shop":"north","who":"ann"}\n{"at":1\n{"shop":"west"}\n');
  write("shops.csv", "shop,city\nnorth,Oslo\nsouth,Rome\nwest,Porto\n");
}

export function writeMoreFiles({ write }: Sandbox, round: number): void {
  const id = 10 * round;
  write(
    `inbox/r${round}.csv`,
    `number,shop,amount\n${id},north,${round}\n${id + 1},,1\n${id + 2},west,${100 + round}\n`,
  );
  write(`events/r${round}.ndjson`, `{"at":"${round}","shop":"west"}\nno json ${round}\n`);
  write("shops.csv", `shop,city\nnorth,Oslo ${round}\nsouth,Rome\nwest,Porto\n`, -round * 1000);
}

/** All that the project does in a day: load, try again what was turned away, and bring the rest up. */
export async function flow(
  { run, project, open }: Sandbox,
  how: {
    readonly crash?: Crash;
    readonly afterStage?: () => Promise<void>;
    /** Another run may be first; then a step says so. */
    readonly mayLose?: boolean;
  } = {},
): Promise<void> {
  const given = how.crash === undefined ? {} : { crash: how.crash };
  const { afterStage = async () => {}, mayLose = false } = how;
  const isLost = (error: { readonly code: string }): boolean =>
    mayLose && LOST.includes(error.code);
  const expectDone = ({ state, steps }: Awaited<ReturnType<Sandbox["run"]>>): void => {
    const failed = steps.filter(({ error }) => error !== undefined && !isLost(error));
    if (failed.length > 0) throw new Error(`the run ${state}: ${JSON.stringify(failed)}`);
  };
  expectDone(await run(ASSETS, given));
  await afterStage();
  const generous = await project(ASSETS, { params: { most: "1000" } });
  const { signal } = new AbortController();
  await open(async (workspace) => {
    try {
      await replay(generous, workspace, { table: "bronze.orders", dryRun: false, signal });
    } catch (error) {
      if (!(error instanceof MillraceError) || !isLost(error)) throw error;
    }
  }, given);
  await afterStage();
  expectDone(await run(ASSETS, given));
  await afterStage();
}

/** Every table as a reader finds it, as text; throws where one cannot be read. */
export async function readAll(sandbox: Sandbox): Promise<Map<string, string>> {
  const tables = new Map<string, string>();
  for (const table of await sandbox.tables()) {
    if (!table.startsWith("system.")) tables.set(table, textOf(await sandbox.rows(table)));
    else await sandbox.rows(table);
  }
  return tables;
}

/** Everything that must not depend on where a run was interrupted. */
export async function outcomeOf(sandbox: Sandbox): Promise<Readonly<Record<string, string>>> {
  const outcome = Object.fromEntries(await readAll(sandbox));
  const ledger = await sandbox.rows(
    "system.ledger",
    "asset, kind, sum(read) as read, sum(written) as written, sum(quarantined) as quarantined, sum(deduplicated) as deduplicated",
    "group by all",
  );
  outcome.ledger = textOf(ledger.filter(isOfLoaded));
  outcome.loads = textOf((await sandbox.rows("system.loads")).filter(isOfLoaded));
  for (const name of readdirSync(join(sandbox.folder, "out"))) {
    outcome[name] = readFileSync(join(sandbox.folder, "out", name), "utf8");
  }
  return outcome;
}

/** What is left in the lake's staging and beside the outputs. */
export function leftovers({ folder, lakePath }: Sandbox): string[] {
  const staging = join(lakePath, ".staging");
  const out = join(folder, "out");
  const hidden = existsSync(out) ? readdirSync(out).filter((name) => name.startsWith(".")) : [];
  return [...(existsSync(staging) ? readdirSync(staging) : []), ...hidden];
}

function isOfLoaded({ asset }: Row): boolean {
  return LOADED.includes(String(asset));
}

/** One row on a line, without what says when it came. */
function textOf(rows: readonly Row[]): string {
  const lines = rows.map((row) => {
    const lasting = Object.entries(row).filter(([name]) => !PASSING.includes(name));
    return renderJson(Object.fromEntries(lasting));
  });
  return lines.toSorted().join("\n");
}
