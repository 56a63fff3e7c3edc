/** `millrace update`: gives rows of a table other values; counts them first. */

import { MillraceError } from "../../base/error.ts";
import type { Command } from "../context.ts";
import { correct } from "../correct.ts";

export const command: Command = (context) => {
  const texts = context.args.texts("set");
  if (texts.length === 0) {
    throw new MillraceError("millrace update needs --set COLUMN=SQL", {
      code: "cli/missing-option",
      hint: `For example: ${context.args.command.examples[0]}`,
    });
  }
  return correct(context, { act: "Update", done: "updated" }, readAssignments(texts));
};

/** `shop = upper(shop)`; a name with blanks or `=` stands in double quotes. */
function readAssignments(texts: readonly string[]): Record<string, string> {
  const set: Record<string, string> = {};
  for (const text of texts) {
    const [, quoted, plain, value = ""] =
      /^\s*(?:"((?:[^"]|"")+)"|([^\s="]+))\s*=\s*(\S[\s\S]*)$/.exec(text) ?? [];
    const name = quoted?.replaceAll('""', '"') ?? plain;
    if (name === undefined || value.startsWith("=")) {
      throw new MillraceError(`--set ${JSON.stringify(text)} is no COLUMN=SQL`, {
        code: "cli/bad-value",
        hint: 'Write it as --set "shop = upper(shop)"; a name with blanks stands in double quotes.',
      });
    }
    if (Object.hasOwn(set, name)) {
      throw new MillraceError(`--set gives the column ${name} a value twice`, {
        code: "cli/option-twice",
        hint: "Give it once.",
      });
    }
    set[name] = value;
  }
  return set;
}
