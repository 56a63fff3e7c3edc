/** The command line: finds the command, gives it what it needs, and tells how it ended. Every command is loaded when it is called. */

import { MillraceError } from "../base/error.ts";
import { checkArguments, checkCommand, findCommand } from "./arguments.ts";
import type { Command } from "./context.ts";
import { type Output, openOutput, ReaderGone } from "./output.ts";
import { listenForStop, type Stop } from "./stop.ts";

const LOADERS: Readonly<Record<string, () => Promise<{ readonly command: Command }>>> = {
  init: () => import("./command/init.ts"),
  plan: () => import("./command/plan.ts"),
  run: () => import("./command/run.ts"),
  query: () => import("./command/query.ts"),
  tables: () => import("./command/tables.ts"),
  table: () => import("./command/table.ts"),
  history: () => import("./command/history.ts"),
  quarantine: () => import("./command/quarantine.ts"),
  replay: () => import("./command/replay.ts"),
  ledger: () => import("./command/ledger.ts"),
  export: () => import("./command/export.ts"),
  delete: () => import("./command/delete.ts"),
  update: () => import("./command/update.ts"),
  optimize: () => import("./command/optimize.ts"),
  vacuum: () => import("./command/vacuum.ts"),
  restore: () => import("./command/restore.ts"),
};

// Not awaited here: the commands are loaded meanwhile, and may share code with this module.
main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
  // A project file may have left something running; what was written is waited for.
  process.stdout.write("", () => process.exit());
});

/** Resolves to the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const words = args.slice(0, args.includes("--") ? args.indexOf("--") : args.length);
  const output = openOutput(process, {
    isJson: words.includes("--json"),
    isQuiet: words.includes("--quiet"),
    environment: process.env,
  });
  const stop = listenForStop(process, output.remark);
  try {
    return await perform(args, words, { output, stop });
  } catch (error) {
    if (error instanceof ReaderGone) return 0;
    return tell(error, words, { output, stop });
  }
}

interface World {
  readonly output: Output;
  readonly stop: Stop;
}

/** `words` are the arguments before `--`. */
async function perform(
  args: readonly string[],
  words: readonly string[],
  { output, stop }: World,
): Promise<number> {
  const [first] = args;
  const { name, rest } = findCommand(args);
  const asksHelp = words.includes("--help") || words.includes("-h");
  if (first === "--version" || first === "-v") {
    await output.result(`${await readVersion()}\n`);
  } else if (first === undefined || name === "help" || (name === undefined && asksHelp)) {
    const { renderCommandHelp, renderHelp } = await import("./help.ts");
    const about = rest.find((word) => !word.startsWith("-"));
    await output.result(
      about === undefined ? renderHelp() : renderCommandHelp(checkCommand(about)),
    );
  } else if (name === undefined) {
    throw new MillraceError(`There is no command in: millrace ${rest.join(" ")}`, {
      code: "cli/unknown-command",
      hint: "`millrace --help` lists the commands.",
    });
  } else {
    const manual = checkCommand(name);
    const given = checkArguments(manual, rest);
    if (given.has("help")) {
      const { renderCommandHelp } = await import("./help.ts");
      await output.result(renderCommandHelp(manual));
      return 0;
    }
    const loader = LOADERS[manual.name];
    if (loader === undefined) throw new Error(`Bug: ${manual.name} has no program`);
    const { command } = await loader();
    const here = process.cwd();
    const code = await command({ args: given, output, stop, environment: process.env, here });
    return stop.exitCode() ?? code;
  }
  return 0;
}

async function tell(
  error: unknown,
  words: readonly string[],
  { output, stop }: World,
): Promise<number> {
  const { exitCodeOf, failureOf, renderFailure, renderTrace } = await import("./failure.ts");
  const stopped = stop.exitCode();
  const failure =
    stopped === undefined
      ? failureOf(error)
      : { code: "cli/stopped", message: "millrace was stopped before its end" };
  if (words.includes("--debug")) output.error(renderTrace(error));
  if (output.isJson) {
    // The document of a run has these members also where it could not begin.
    const frame = findCommand(words).name === "run" ? emptyRun(words) : {};
    await output.document({ ...frame, error: failure }).catch(() => {});
  } else output.error(renderFailure(failure, output.err));
  return stopped ?? exitCodeOf(error);
}

/** A project that could not be read is called by its folder. */
function emptyRun(words: readonly string[]): object {
  const at = words.indexOf("--project");
  const folder = (at < 0 ? undefined : words[at + 1]) ?? process.cwd();
  const project = folder.split(/[\\/]/).findLast((part) => !["", ".", ".."].includes(part));
  return { project: project ?? folder, state: "failed", steps: [] };
}

async function readVersion(): Promise<string> {
  const { readFile } = await import("node:fs/promises");
  const { packagePath } = await import("../base/package.ts");
  const { version } = JSON.parse(await readFile(packagePath("package.json"), "utf8"));
  return String(version);
}
