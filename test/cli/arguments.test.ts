/** Tests of arguments: what is wrong with them is named, and nothing is done. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { checkArguments, checkCommand, checkParams, findCommand } from "../../src/cli/arguments.ts";
import { documentOf, millrace } from "./command.ts";

function check(...args: readonly string[]): ReturnType<typeof checkArguments> {
  const { name = "", rest } = findCommand(args);
  return checkArguments(checkCommand(name), rest);
}

const WRONG: readonly (readonly [string, readonly string[], string, RegExp])[] = [
  ["a command that is not there", ["tabels"], "cli/unknown-command", /Did you mean tables\?/],
  ["an option that is not there", ["run", "--jsn"], "cli/unknown-option", /Did you mean --json\?/],
  ["an option of another command", ["tables", "--dry-run"], "cli/unknown-option", /lists the opt/],
  ["a short option", ["run", "-x"], "cli/unknown-option", /lists the options/],
  ["an option without its value", ["tables", "--lake"], "cli/missing-value", /--lake PATH/],
  ["an option that swallows the next", ["tables", "--lake", "--json"], "cli/missing-value", /PATH/],
  ["an empty value", ["tables", "--lake="], "cli/bad-value", /--lake PATH/],
  ["a switch with a value", ["tables", "--json=yes"], "cli/bad-value", /--json alone/],
  ["an option given twice", ["tables", "--lake", "a", "--lake", "b"], "cli/option-twice", /once/],
  ["a missing argument", ["history"], "cli/missing-argument", /millrace history bronze/],
  ["SQL without quotes", ["query", "select", "1"], "cli/too-many-arguments", /in quotes/],
  ["SQL that begins with a dash", ["query", "-- x\nselect 1"], "cli/unknown-option", /Put --/],
];

for (const [what, args, code, hint] of WRONG) {
  test(`${what} is refused with what was probably meant`, () => {
    assert.throws(() => check(...args), { code, hint });
  });
}

test("options may stand before the command, and behind it, and hold any characters", () => {
  const { command, positionals, text, has } = check(
    "--project",
    "a b/ü",
    "history",
    "bronze.orders",
    "--lake=-odd 'name'",
    "--json",
  );
  assert.equal(command.name, "history");
  assert.deepEqual(positionals, ["bronze.orders"]);
  assert.equal(text("project"), "a b/ü");
  assert.equal(text("lake"), "-odd 'name'");
  assert.ok(has("json"));
});

test("what stands behind -- is no option", () => {
  assert.deepEqual(check("query", "--", "-- x\nselect 1").positionals, ["-- x\nselect 1"]);
});

test("a count is a whole number from 1", () => {
  assert.equal(check("ledger", "--limit", "1_000").count("limit"), 1000);
  for (const wrong of ["0", "-1", "1.5", "many", "1e3", "99999999999999999999"]) {
    assert.throws(() => check("ledger", `--limit=${wrong}`).count("limit"), {
      code: "cli/bad-value",
    });
  }
});

test("a parameter has a name, and a value in which everything may stand", () => {
  assert.deepEqual(checkParams(["a=b=c", "empty=", "__proto__x= 1 "]), {
    a: "b=c",
    empty: "",
    __proto__x: " 1 ",
  });
  for (const wrong of [["a"], ["=b"], [""]]) {
    assert.throws(() => checkParams(wrong), { code: "cli/bad-value" });
  }
  assert.throws(() => checkParams(["a=1", "a=2"]), { code: "cli/option-twice" });
});

test("a misused command ends with 2, its error on standard error or as the one JSON document", async () => {
  const [text, document, wrongCommand] = await Promise.all([
    millrace(["tables", "--lkae", "x"]),
    millrace(["tables", "--lkae", "x", "--json"]),
    millrace(["--json", "frobnicate"]),
  ]);
  assert.deepEqual(text, {
    code: 2,
    out: "",
    err: "error[cli/unknown-option]: millrace tables has no option --lkae\n  Did you mean --lake? `millrace tables --help` lists the options.\n",
  });
  assert.equal(document.code, 2);
  assert.equal(document.err, "");
  assert.deepEqual(documentOf(document.out), {
    error: {
      code: "cli/unknown-option",
      message: "millrace tables has no option --lkae",
      hint: "Did you mean --lake? `millrace tables --help` lists the options.",
    },
  });
  assert.equal(wrongCommand.code, 2);
  assert.ok(documentOf(wrongCommand.out));
});
