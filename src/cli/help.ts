/** Help texts, made of the manual. */

import { COMMANDS, COMMON_OPTIONS, type CommandManual, type OptionManual } from "./manual.ts";

const WIDTH = 80;

/** What `millrace --help` shows. */
export function renderHelp(): string {
  const commands = COMMANDS.map(({ name, arguments: wanted, about }): [string, string] => [
    ["millrace", name, ...wanted].join(" "),
    about,
  ]);
  return [
    "Millrace lands data exactly once in a Delta lake and turns tables into tables.",
    "",
    "Commands:",
    ...columns(commands),
    "",
    "Options of every command:",
    ...columns(COMMON_OPTIONS.map(describe)),
    "",
    "Begin:",
    "  millrace init shop && cd shop && millrace run",
    "",
    "millrace COMMAND --help shows more, with examples. Exit codes: 0 done, 1 failed,",
    "2 misused.",
    "",
  ].join("\n");
}

/** What `millrace COMMAND --help` shows. */
export function renderCommandHelp(manual: CommandManual): string {
  const own =
    manual.options.length === 0 ? [] : ["Options:", ...columns(manual.options.map(describe)), ""];
  return [
    `${manual.about}.`,
    "",
    "Usage:",
    `  ${["millrace", manual.name, ...manual.arguments, "[OPTIONS]"].join(" ")}`,
    "",
    ...manual.notes.flatMap((note) => [...wrap(note, WIDTH), ""]),
    ...own,
    "Options of every command:",
    ...columns(COMMON_OPTIONS.map(describe)),
    "",
    manual.examples.length === 1 ? "Example:" : "Examples:",
    ...manual.examples.map((example) => `  ${example}`),
    "",
  ].join("\n");
}

function describe({ name, value, about }: OptionManual): [string, string] {
  return [value === undefined ? `--${name}` : `--${name} ${value}`, about];
}

function columns(lines: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...lines.map(([left]) => left.length)) + 4;
  return lines.flatMap(([left, right]) =>
    wrap(right, WIDTH - width).map(
      (line, index) => `${(index === 0 ? `  ${left}` : "").padEnd(width)}${line}`,
    ),
  );
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(word);
  }
  return lines;
}
