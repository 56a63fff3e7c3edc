/** What somebody else's writer does to a table: one row more, or a column; as a function and as a process. */

import { commit } from "../../src/delta/write.ts";
import { loadTable } from "../../src/lake/lake.ts";
import { type Sandbox, sandboxIn } from "./sandbox.ts";

export async function writeForeign(
  sandbox: Sandbox,
  table: string,
  what: "row" | "column",
): Promise<void> {
  await sandbox.open(async ({ lake }) => {
    const base = await loadTable(lake, table);
    if (what === "column") {
      const note = { name: "note", type: "string", nullable: true } as const;
      const schema = { name: table, fields: [...base.metadata.fields, note] };
      await commit(lake.delta, base, { operation: "ADD COLUMNS", schema });
      return;
    }
    const staging = await lake.storage.openStaging();
    const add = await lake.engine.write("select 100::integer as id", { folder: staging.folder });
    await commit(lake.delta, base, { operation: "WRITE", add });
    await staging.close();
  });
}

if (import.meta.main) {
  const [folder = "", table = "", what] = process.argv.slice(2);
  await writeForeign(sandboxIn(folder), table, what === "column" ? "column" : "row");
}
