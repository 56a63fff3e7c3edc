/** Tests of the help texts: as they should be read, in the program and in the reference. */

import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { renderCommandHelp, renderHelp } from "../../src/cli/help.ts";
import { COMMANDS } from "../../src/cli/manual.ts";
import { millrace } from "./command.ts";

const GOLDEN = join(import.meta.dirname, "golden");
const reference = readFileSync("docs/reference/cli.md", "utf8");

function checkGolden(name: string, text: string): void {
  const file = join(GOLDEN, `${name}.txt`);
  if (!existsSync(file) && process.env.CI === undefined) writeFileSync(file, text);
  assert.equal(text, readFileSync(file, "utf8"));
}

test("the help lists every command in lines of a terminal's width", () => {
  checkGolden("millrace", renderHelp());
});

for (const command of COMMANDS) {
  test(`the help of ${command.name} shows its options and an example`, () => {
    const text = renderCommandHelp(command);
    checkGolden(command.name, text);
    assert.match(text, new RegExp(`\\nExamples?:\\n {2}millrace ${command.name}`));
    assert.ok(text.split("\n").every((line) => line.length <= 80 || line.includes("millrace ")));
  });

  test(`the reference shows the help of ${command.name} as it is`, () => {
    assert.ok(reference.includes(`\`\`\`text\n${renderCommandHelp(command)}\`\`\``));
  });
}

test("help is given without a command, by an option and by a command, and costs no project", async () => {
  const [none, option, word, own, about, version] = await Promise.all([
    millrace([]),
    millrace(["--help"]),
    millrace(["help"]),
    millrace(["tables", "--help", "--lake", "/nowhere"]),
    millrace(["help", "tables"]),
    millrace(["--version"]),
  ]);
  for (const { code, out, err } of [none, option, word])
    assert.deepEqual({ code, out, err }, { code: 0, out: renderHelp(), err: "" });
  assert.match(own.out, /^List the tables of the lake\./);
  assert.deepEqual(own, about);
  const { version: wanted } = JSON.parse(readFileSync("package.json", "utf8"));
  assert.equal(version.out, `${wanted}\n`);
});
