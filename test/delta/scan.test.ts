/** From a snapshot to files: what an engine may take for granted of them. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { scan } from "../../src/delta/table.ts";
import { commit } from "../../src/delta/write.ts";
import { column, type Lake, openLake } from "./lake.ts";

let lake: Lake;
before(async () => {
  lake = await openLake();
});
after(() => lake.close());

const [ID, X] = [column("id", "long"), column("x", "string")];
const ROWS = "SELECT 1::BIGINT AS id";

test("a lone file written before a column joined is read, though a checkpoint has a place for its statistics", async () => {
  const empty = await lake.create("joined", {
    fields: [ID],
    configuration: {
      "delta.checkpointInterval": "2",
      "delta.checkpoint.writeStatsAsStruct": "true",
      "delta.checkpoint.writeStatsAsJson": "false",
    },
  });
  const one = await lake.append(empty, ROWS);
  const schema = { fields: [ID, X] };
  await commit(lake.context, one, { operation: "ADD COLUMNS", schema });
  assert.deepEqual(await lake.rows(await lake.open("joined")), [{ id: 1n, x: null }]);
});

test("a lone file written before a column joined is read, though its nulls of it were counted later", async () => {
  const one = await lake.append(await lake.create("counted", { fields: [ID] }), ROWS);
  const schema = { fields: [ID, X] };
  const two = await commit(lake.context, one, { operation: "ADD COLUMNS", schema });
  const stats = `{"numRecords":1,"minValues":{"id":1},"maxValues":{"id":1},"nullCount":{"id":0,"x":1}}`;
  const adopted = two.files.map((file) => ({ ...file, stats, dataChange: false }));
  const three = await commit(lake.context, two, {
    operation: "COMPUTE STATS",
    adopted,
    dataChange: false,
  });
  assert.deepEqual(await lake.rows(three), [{ id: 1n, x: null }]);
});

test("a lone file is known to be complete by a value in every column", async () => {
  const empty = await lake.create("whole", { fields: [ID, X] });
  const one = await lake.append(empty, "SELECT 1::BIGINT AS id, 'a' AS x");
  const [file] = (await scan(lake.context, one)).files;
  assert.equal(file?.isComplete, true);
});
