/** Arguments of the command line, checked against the manual: what is wrong is named, with what was probably meant. */

import { parseArgs } from "node:util";
import { MillraceError } from "../base/error.ts";
import { nearestWord } from "../base/suggest.ts";
import { COMMANDS, COMMON_OPTIONS, type CommandManual, type OptionManual } from "./manual.ts";

/** What a person asked for. */
export interface Arguments {
  readonly command: CommandManual;
  /** As many as the manual asks for. */
  readonly positionals: readonly string[];
  has(option: string): boolean;
  text(option: string): string | undefined;
  texts(option: string): readonly string[];
  /** A whole number from 1, or undefined where the option is not given. */
  count(option: string): number | undefined;
}

/** Where the command stands among the arguments; options that every command takes may come before it. */
export function findCommand(args: readonly string[]): { name: string | undefined; rest: string[] } {
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index] ?? "";
    if (!arg.startsWith("-")) return { name: arg, rest: args.toSpliced(index, 1) };
    const option = COMMON_OPTIONS.find(({ name }) => arg === `--${name}`);
    if (option?.value !== undefined) index += 1;
  }
  return { name: undefined, rest: [...args] };
}

/** The manual of a command; `cli/unknown-command` names the nearest one. */
export function checkCommand(name: string): CommandManual {
  const found = COMMANDS.find((command) => command.name === name);
  if (found !== undefined) return found;
  const near = nearestWord(
    name,
    COMMANDS.map((command) => command.name),
  );
  throw new MillraceError(`There is no command ${JSON.stringify(name)}`, {
    code: "cli/unknown-command",
    hint: near === undefined ? "`millrace --help` lists the commands." : `Did you mean ${near}?`,
  });
}

/** Throws `cli/...` where the manual does not allow the arguments. */
export function checkArguments(command: CommandManual, args: readonly string[]): Arguments {
  const manuals = [...command.options, ...COMMON_OPTIONS];
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(
      manuals.map(({ name, value }) => [
        name,
        {
          type: value === undefined ? "boolean" : "string",
          ...(name === "help" ? { short: "h" } : {}),
        },
      ]),
    ),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const found = new Map<string, string[]>();
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    const manual = manuals.find(({ name }) => name === token.name);
    if (manual === undefined) throw unknownOption(token.rawName, command, manuals);
    const before = found.get(manual.name) ?? [];
    if (before.length > 0 && manual.value !== undefined && manual.repeatable !== true) {
      throw misuse(`--${manual.name} is given twice`, "cli/option-twice", "Give it once.");
    }
    found.set(manual.name, [...before, checkValue(manual, token)]);
  }
  if (!found.has("help")) checkCount(command, positionals);
  return {
    command,
    positionals,
    has: (option) => found.has(option),
    text: (option) => found.get(option)?.at(-1),
    texts: (option) => found.get(option) ?? [],
    count: (option) => {
      const text = found.get(option)?.at(-1);
      return text === undefined ? undefined : checkNumber(option, text);
    },
  };
}

/** `--param a=b` as pairs. */
export function checkParams(texts: readonly string[]): Record<string, string> {
  const params: Record<string, string> = {};
  for (const text of texts) {
    const equals = text.indexOf("=");
    const name = text.slice(0, Math.max(0, equals)).trim();
    if (name === "") {
      throw misuse(
        `--param ${JSON.stringify(text)} is no NAME=VALUE`,
        "cli/bad-value",
        "Write it as --param as_of=2026-03-01",
      );
    }
    if (Object.hasOwn(params, name)) {
      throw misuse(`The parameter ${name} is given twice`, "cli/option-twice", "Give it once.");
    }
    params[name] = text.slice(equals + 1);
  }
  return params;
}

/** The `--version` or `--timestamp` of a table; both at once are `cli/bad-value`. */
export function checkOneOf(args: Arguments, one: string, other: string): void {
  if (!args.has(one) || !args.has(other)) return;
  throw misuse(`--${one} and --${other} say the same thing twice`, "cli/bad-value", "Give one.");
}

/** The option, which must be given. */
export function checkText(args: Arguments, option: string): string {
  const text = args.text(option);
  if (text !== undefined) return text;
  const manual = args.command.options.find(({ name }) => name === option);
  throw misuse(
    `millrace ${args.command.name} needs --${option} ${manual?.value ?? ""}`.trim(),
    "cli/missing-option",
    exampleOf(args.command),
  );
}

interface OptionToken {
  readonly rawName: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

function checkValue({ name, value }: OptionManual, token: OptionToken): string {
  if (value === undefined) {
    if (token.value === undefined) return "";
    throw misuse(`--${name} takes no value`, "cli/bad-value", `Write --${name} alone.`);
  }
  // What looks like the next option is one that was forgotten a value.
  const isNext = token.inlineValue !== true && /^--?[a-z]/i.test(token.value ?? "");
  if (token.value === undefined || isNext) {
    throw misuse(
      `--${name} needs a value`,
      "cli/missing-value",
      `Write --${name} ${value}, or --${name}=${value} where it begins with a dash.`,
    );
  }
  if (token.value === "") {
    throw misuse(`--${name} is empty`, "cli/bad-value", `Write --${name} ${value}`);
  }
  return token.value;
}

function checkNumber(option: string, text: string): number {
  const number = /^[0-9_,]+$/.test(text) ? Number(text.replaceAll(/[_,]/g, "")) : Number.NaN;
  if (Number.isSafeInteger(number) && number >= 1) return number;
  throw misuse(
    `--${option} ${JSON.stringify(text)} is no count`,
    "cli/bad-value",
    "Give a whole number from 1.",
  );
}

function checkCount(command: CommandManual, positionals: readonly string[]): void {
  const { arguments: wanted, name } = command;
  const needed = wanted.filter((argument) => !argument.startsWith("["));
  const missing = needed[positionals.length];
  if (missing !== undefined) {
    throw misuse(`millrace ${name} needs ${missing}`, "cli/missing-argument", exampleOf(command));
  }
  const extra = positionals[wanted.length];
  if (extra === undefined) return;
  const isSql = name === "query";
  throw misuse(
    `millrace ${name} has no use for ${JSON.stringify(extra)}`,
    "cli/too-many-arguments",
    isSql ? `Put the SQL in quotes. ${exampleOf(command)}` : exampleOf(command),
  );
}

function unknownOption(
  rawName: string,
  command: CommandManual,
  manuals: readonly OptionManual[],
): MillraceError {
  if (/\s/.test(rawName)) {
    return misuse(
      `${JSON.stringify(rawName)} begins with a dash and is no option`,
      "cli/unknown-option",
      'Put -- before it: millrace query -- "..."',
    );
  }
  const names = manuals.map(({ name }) => name);
  const near = nearestWord(rawName.replace(/^-+/, ""), names);
  const all = `\`millrace ${command.name} --help\` lists the options.`;
  return misuse(
    `millrace ${command.name} has no option ${rawName}`,
    "cli/unknown-option",
    near === undefined ? all : `Did you mean --${near}? ${all}`,
  );
}

function exampleOf({ examples }: CommandManual): string {
  return examples[0] === undefined ? "" : `For example: ${examples[0]}`;
}

function misuse(message: string, code: string, hint: string): MillraceError {
  return new MillraceError(message, { code, hint });
}
