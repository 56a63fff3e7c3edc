/**
 * What a table was judged by, as transactions of its log, so that a look at the log tells whether it still holds:
 * `millrace/contract` with a number for the contract and how files are read, and, for a table that is replaced whole,
 * `input/<table id>` with the version of each table that its rules look into. For a table that is appended to, the
 * number is that of the contract under which all of its quarantine was judged.
 */

import { createHash } from "node:crypto";
import { renderJson } from "../base/json.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import { viewName } from "../lake/lake.ts";
import type { StepContext } from "../lake/step.ts";
import { quarantineOf } from "../schema/table.ts";
import { tablesOf } from "../sql/render.ts";
import type { Ingested } from "./asset.ts";
import { compileContract } from "./contract.ts";
import { sqlOfContract } from "./rule-table.ts";

const CONTRACT_APP = "millrace/contract";

type JudgeContext = Pick<StepContext, "lake" | "param">;

interface Transaction {
  readonly appId: string;
  readonly version: bigint;
}

/** Why a table that is replaced whole must be loaded anew though its files are the same; undefined where it must not. */
export async function staleBecause(
  context: JudgeContext,
  asset: Ingested,
): Promise<string | undefined> {
  if (asset.definition.write !== "overwrite") return undefined;
  const table = await context.lake.find(asset.name);
  if (table === undefined) return undefined;
  if (table.transactions.get(CONTRACT_APP) !== contractNumber(context, asset))
    return "its contract or a parameter changed";
  for (const { input, name } of await ruleTables(context, asset)) {
    const seen = table.transactions.get(input.appId);
    if (seen === input.version) continue;
    return seen === undefined
      ? `${name} is new to its rules`
      : `${name} went from version ${seen} to ${input.version}`;
  }
  return undefined;
}

/** What a person should know whose contract is another than the one that filled the quarantine. */
export async function replayHint(
  context: JudgeContext,
  asset: Ingested,
): Promise<string | undefined> {
  if (asset.definition.write === "overwrite") return undefined;
  const seen = (await context.lake.find(asset.name))?.transactions.get(CONTRACT_APP);
  if (seen === undefined || seen === contractNumber(context, asset)) return undefined;
  const quarantine = await context.lake.find(quarantineOf(asset.name));
  if (quarantine === undefined || quarantine.files.length === 0) return undefined;
  return `the contract changed: \`millrace replay ${asset.name} --dry-run\` shows what of the quarantine would pass now`;
}

/** What a load adds to its commit; `before` is the table as it was. */
export async function loadedUnder(
  context: JudgeContext,
  asset: Ingested,
  before: Snapshot | undefined,
): Promise<Transaction[]> {
  const number = contractNumber(context, asset);
  const isSame = before?.transactions.get(CONTRACT_APP) === number;
  const own = isSame ? [] : [{ appId: CONTRACT_APP, version: number }];
  if (asset.definition.write === "overwrite") {
    const inputs = await ruleTables(context, asset);
    return [...own, ...inputs.map(({ input }) => input)];
  }
  const quarantine = await context.lake.find(quarantineOf(asset.name));
  const isJudged = before === undefined || (quarantine?.files.length ?? 0) === 0;
  return isJudged ? own : [];
}

/** What a replay adds to its commit: all entries were judged anew. */
export function replayedUnder(
  context: JudgeContext,
  asset: Ingested,
  before: Snapshot | undefined,
): Transaction[] {
  const number = contractNumber(context, asset);
  if (asset.definition.write === "overwrite") return [];
  return before?.transactions.get(CONTRACT_APP) === number
    ? []
    : [{ appId: CONTRACT_APP, version: number }];
}

async function ruleTables(
  { lake }: JudgeContext,
  { definition }: Ingested,
): Promise<{ readonly input: Transaction; readonly name: string }[]> {
  const names = new Set(
    sqlOfContract(definition).flatMap((sql) => tablesOf(sql).map(({ name }) => name)),
  );
  const found = [];
  for (const name of names) {
    const table = await lake.find(name);
    if (table === undefined) continue;
    const input = { appId: `input/${table.metadata.id}`, version: BigInt(table.version) };
    found.push({ input, name });
  }
  return found;
}

/** A number of 62 bits that changes with everything that decides what a file becomes, for a Delta transaction. */
function contractNumber({ param }: JudgeContext, { definition }: Ingested): bigint {
  const { version } = compileContract({
    definition,
    resolver: { table: ({ name }) => viewName(name), param },
    arrival: new Date(0),
    refuseNul: false,
  });
  const { sources, partitionBy, redact, extra, drop } = definition;
  // Of a table that is appended to, dropped columns decide about no record.
  const out = definition.write === "overwrite" && extra === "evolve" && drop.length > 0;
  const text = renderJson([version, sources, partitionBy, redact, ...(out ? [drop] : [])]);
  return createHash("sha256").update(text).digest().readBigUInt64BE() >> 2n;
}
