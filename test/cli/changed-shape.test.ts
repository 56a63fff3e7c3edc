/** A table that is renamed, dropped from, widened and constrained by what its project says, from the command line. */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { json, millrace, temporaryFolder } from "./command.ts";

const place = temporaryFolder();
after(() => place.remove());

const IMPORTS =
  'import { bigint, csv, defineProject, ingest, integer, sql, struct, text } from "millrace";\n';

const projectOf = (options: string): string =>
  `${IMPORTS}const people = ingest("bronze.people", { from: csv("in-*.csv"), ${options} });
export default defineProject({ name: "people", assets: [people] });\n`;

const BEFORE = "columns: { id: integer(), plz: text(), fax: text(), score: integer() }";
const AFTER = `columns: { id: bigint(), zip: text().formerly("plz"), score: integer() },
  drop: ["fax"], constraints: { scored: sql\`score between 0 and 100\` }`;

test("a changed declaration is planned in words and as JSON, done commit by commit, and told by the history", async () => {
  const cwd = place.path;
  const project = (options: string) => writeFileSync(join(cwd, "millrace.ts"), projectOf(options));
  project(BEFORE);
  writeFileSync(join(cwd, "in-a.csv"), "id,plz,fax,score\n1,1010,5,50\n");
  await json(["run"], { cwd });
  project(AFTER);
  const planned = await millrace(["plan"], { cwd });
  assert.equal(planned.code, 0, planned.err);
  assert.match(
    planned.out,
    / update +bronze\.people +its columns and constraints change\n +renamed column "zip": from "plz"; no file is rewritten\n +dropped column "fax": .*\n +widened column "id": integer to long; .*\n +constraint scored added: score BETWEEN 0 AND 100\n/,
  );
  const { steps } = (await json(["plan"], { cwd })) as {
    steps: readonly { columns: readonly object[]; constraints: readonly object[] }[];
  };
  assert.deepEqual(steps[0]?.constraints, [
    { constraint: "scored", change: "added", to: "score BETWEEN 0 AND 100" },
  ]);
  assert.deepEqual(
    steps[0]?.columns.map((one) => Object.values(one).slice(0, 2)),
    [
      ["zip", "renamed"],
      ["fax", "dropped"],
      ["id", "widened"],
    ],
  );
  writeFileSync(join(cwd, "in-b.csv"), "id,zip,score\n5000000000,8010,100\n3,6020,101\n");
  const ran = await millrace(["run"], { cwd });
  assert.equal(ran.code, 0, ran.err);
  const rows = await json(["query", "from bronze.people order by id"], { cwd });
  assert.deepEqual(rows, [
    { id: 1, zip: "1010", score: 50 },
    { id: 5000000000, zip: "8010", score: 100 },
  ]);
  const bad = await json(
    ["query", 'select reasons[1].rule as rule from quarantine."bronze.people"'],
    { cwd },
  );
  assert.deepEqual(bad, [{ rule: "scored" }]);
  const history = (await json(["history", "bronze.people"], { cwd })) as {
    operation: string;
  }[];
  assert.deepEqual(
    history.map(({ operation }) => operation),
    [
      "WRITE",
      "CHANGE COLUMN",
      "ADD CONSTRAINT",
      "DROP COLUMNS",
      "RENAME COLUMN",
      "CREATE TABLE AS SELECT",
    ],
  );
  const again = await millrace(["run"], { cwd });
  assert.match(again.out, /^Nothing to do: /);
  const first = "from delta_scan('lake/bronze/people', version => 0)";
  const old = await json(["query", first], { cwd });
  assert.deepEqual(old, [{ id: 1, plz: "1010", fax: "5", score: 50 }]);
});
