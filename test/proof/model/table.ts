/** The one table that is written and read, and what it is worked on with. */

import type { Snapshot } from "../../../src/delta/snapshot.ts";
import type { DeltaContext } from "../../../src/delta/table.ts";
import type { TableSpec } from "../../../src/delta/table-spec.ts";
import { commit } from "../../../src/delta/write.ts";
import type { Engine } from "../../../src/engine/engine.ts";
import type { Field } from "../../../src/schema/type.ts";

export const TABLE = "t";

const COLUMNS: readonly Field[] = [
  { name: "id", type: "long", nullable: true },
  { name: "v", type: "long", nullable: true },
  { name: "k", type: "string", nullable: true },
];

export interface Place {
  readonly context: DeltaContext;
  readonly engine: Engine;
  /** How long a vacuum keeps what was removed. */
  readonly keepsMs: number;
}

/** Makes the table, empty. */
export function createTable(
  { context }: Place,
  configuration: Readonly<Record<string, string>>,
): Promise<Snapshot> {
  const schema: TableSpec = { fields: COLUMNS, partitionColumns: ["k"], configuration };
  return commit(context, { folder: TABLE }, { operation: "CREATE TABLE", schema });
}
