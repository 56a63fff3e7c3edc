/** Millrace's own tables under `system.`: what they hold, and how rows are put into them. */

import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MillraceError } from "../base/error.ts";
import { renderJson } from "../base/json.ts";
import type { Snapshot } from "../delta/snapshot.ts";
import { commit } from "../delta/write.ts";
import type { Engine } from "../engine/engine.ts";
import { quotePath } from "../engine/path.ts";
import { duckdbType } from "../engine/type.ts";
import { tidyTable } from "../operation/tidy.ts";
import { vacuum } from "../operation/vacuum.ts";
import { folderOf } from "../schema/table.ts";
import type { Field, PrimitiveType } from "../schema/type.ts";
import { quoteName, quoteText } from "../sql/quote.ts";
import type { Lake } from "./lake.ts";

export type SystemTable =
  | "system.runs"
  | "system.steps"
  | "system.ledger"
  | "system.loads"
  | "system.outputs";

const COLUMNS: Readonly<Record<SystemTable, Readonly<Record<string, PrimitiveType>>>> = {
  "system.runs": {
    run: "string",
    project: "string",
    state: "string",
    started_at: "timestamp",
    ended_at: "timestamp",
    parameters: "string",
    engine: "string",
  },
  "system.steps": {
    run: "string",
    asset: "string",
    kind: "string",
    state: "string",
    version: "long",
    started_at: "timestamp",
    ended_at: "timestamp",
    error_code: "string",
    error: "string",
  },
  "system.ledger": {
    run: "string",
    asset: "string",
    kind: "string",
    source: "string",
    version: "long",
    read: "long",
    written: "long",
    quarantined: "long",
    deduplicated: "long",
    filtered: "long",
    recorded_at: "timestamp",
  },
  "system.loads": {
    run: "string",
    asset: "string",
    source: "string",
    file: "string",
    size: "long",
    modified: "double",
    hash: "string",
    state: "string",
    version: "long",
    recorded_at: "timestamp",
  },
  "system.outputs": {
    run: "string",
    asset: "string",
    definition: "string",
    input: "string",
    path: "string",
    rows: "long",
    size: "long",
    modified: "double",
    sha256: "string",
    recorded_at: "timestamp",
  },
};

export type SystemRow = Readonly<Record<string, unknown>>;

export interface Append {
  readonly rows: readonly SystemRow[];
  /** Conflicts with every other writer that names the same application. */
  readonly transactions?: readonly { readonly appId: string; readonly version: bigint }[];
}

export function systemFields(name: SystemTable): Field[] {
  return Object.entries(COLUMNS[name]).map(([column, type]) => ({
    name: column,
    type,
    nullable: true,
  }));
}

/** Who looks back looks at rows, not at versions; so these tables forget what they were after two hours. */
const PROPERTIES: Readonly<Record<string, string>> = {
  "delta.logRetentionDuration": "interval 2 hours",
  "delta.deletedFileRetentionDuration": "interval 2 hours",
};

/** Small files that are laid together, into files of at most so many bytes. */
const TIDINESS = { least: 32, targetBytes: 16_000_000 };

/** Two runs may make the table at the same time; the later one then appends to it. */
const TRIES = 10;

/** Appends in one commit, whatever stands in the table, and makes it where it is missing. */
export async function appendRows(
  lake: Lake,
  name: SystemTable,
  rows: readonly SystemRow[],
): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const base = await lake.find(name);
    try {
      await appendTo(lake, name, base, { rows });
      return;
    } catch (error) {
      const isRace = error instanceof MillraceError && error.code === "delta/conflict";
      if (!isRace || tries === TRIES) throw error;
    }
  }
}

/** Appends what was found out from `base`; `delta/conflict` where a transaction was taken, or the table made, since then. */
export async function appendTo(
  lake: Lake,
  name: SystemTable,
  base: Snapshot | undefined,
  { rows, transactions = [] }: Append,
): Promise<void> {
  const fields = systemFields(name);
  const staging = await lake.storage.openStaging();
  try {
    const source = join(staging.folder, `${randomUUID()}.ndjson`);
    await writeFile(source, rows.map((row) => `${renderJson(row)}\n`).join(""));
    const columns = fields
      .map((field) => `${quoteText(field.name)}: ${quoteText(duckdbType(field.type))}`)
      .join(", ");
    const list = fields.map((field) => quoteName(field.name)).join(", ");
    const session = await lake.engine.session();
    try {
      const add =
        rows.length === 0
          ? []
          : await session.write(
              `select ${list} from read_json(${quotePath(source)}, format = 'newline_delimited', columns = {${columns}})`,
              { folder: staging.folder },
            );
      const after = await commit(lake.delta, base ?? { folder: folderOf(name) }, {
        operation: base === undefined ? "CREATE TABLE AS SELECT" : "WRITE",
        parameters: { mode: "Append" },
        add,
        transactions,
        ...(isForgetful(base) ? {} : { schema: { name, fields, configuration: PROPERTIES } }),
      });
      await tidy(lake, session, after);
    } finally {
      session.close();
    }
  } finally {
    await staging.close();
  }
}

/** Versions of Millrace before made them without these properties. */
function isForgetful(base: Snapshot | undefined): boolean {
  const { configuration = {} } = base?.metadata ?? {};
  return Object.entries(PROPERTIES).every(([key, value]) => configuration[key] === value);
}

/** The rows are in the table whatever becomes of this; the next append tries again. */
async function tidy({ delta }: Lake, engine: Engine, snapshot: Snapshot): Promise<void> {
  try {
    const tidied = await tidyTable({ delta, engine }, snapshot, TIDINESS);
    if (tidied !== undefined) await vacuum({ delta }, snapshot, { isRecorded: false });
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
  }
}
