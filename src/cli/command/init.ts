/** `millrace init`: a new project that runs, from the template that comes with the program. */

import { readdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { MillraceError, messageOf, systemCodeOf } from "../../base/error.ts";
import { packagePath } from "../../base/package.ts";
import { makeFolder } from "../../storage/durable.ts";
import type { Command } from "../context.ts";

/** Every file of it ends in `.txt` besides its own ending, so that no tool takes the template for a project. */
const TEMPLATE = packagePath("assets/template");

export const command: Command = async ({ args, output, here }) => {
  const [name] = args.positionals;
  const folder = resolve(here, name ?? args.text("project") ?? ".");
  await checkEmpty(folder);
  const { version } = JSON.parse(await readFile(packagePath("package.json"), "utf8"));
  const title = projectName(basename(folder));
  const words = { name: title, package: packageName(title), version: String(version) };
  const files = await listTemplate();
  try {
    for (const file of files) {
      const target = join(folder, file.slice(0, -".txt".length));
      await makeFolder(dirname(target));
      const text = await readFile(join(TEMPLATE, file), "utf8");
      await writeFile(target, fill(text, words), { flag: "wx" });
    }
  } catch (error) {
    throw new MillraceError(`The project could not be written: ${messageOf(error)}`, {
      code: "init/not-written",
      hint: `See whether you may write in ${folder}.`,
      cause: error,
    });
  }
  const written = files.map((file) => file.slice(0, -".txt".length));
  if (output.isJson) {
    await output.document({ project: title, folder, files: written });
    return 0;
  }
  const way = relative(here, folder);
  const enter = way === "" ? [] : [`  cd ${shellWord(way)}`];
  await output.result(
    [
      `${title} is in ${folder}:`,
      ...written.map((file) => `  ${file}`),
      "",
      "Next:",
      ...enter,
      "  npx millrace plan",
      "  npx millrace run",
      '  npx millrace query "from gold.revenue order by day, shop"',
      "  npx millrace quarantine bronze.orders",
      "",
    ].join("\n"),
  );
  return 0;
};

async function checkEmpty(folder: string): Promise<void> {
  const found = await readdir(folder).catch((error: unknown) => {
    if (systemCodeOf(error) === "ENOENT") return [];
    throw new MillraceError(`${folder} cannot be used: ${messageOf(error)}`, {
      code: "init/not-a-folder",
      hint: "Give the name of a folder that is empty or not there yet.",
      cause: error,
    });
  });
  if (found.length === 0) return;
  const some = found.toSorted().slice(0, 5).join(", ");
  throw new MillraceError(
    `${folder} is not empty: ${some}${found.length > 5 ? ` and ${found.length - 5} more` : ""}`,
    { code: "init/not-empty", hint: "Give a name for a new folder: millrace init shop" },
  );
}

async function listTemplate(): Promise<string[]> {
  const entries = await readdir(TEMPLATE, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(TEMPLATE, join(entry.parentPath, entry.name)))
    .toSorted();
}

function fill(text: string, words: Readonly<Record<string, string>>): string {
  return text.replace(/\{\{(\w+)\}\}/g, (whole, word: string) => words[word] ?? whole);
}

/** The folder's name with only what a project may be called. */
function projectName(folder: string): string {
  const name = folder
    .replace(/[^\p{L}\p{N} _.-]+/gu, "-")
    .replace(/^[^\p{L}\p{N}]+/u, "")
    .slice(0, 100)
    .trimEnd();
  return name === "" ? "project" : name;
}

/** The same as a package may be called. */
function packageName(name: string): string {
  const plain = name.toLowerCase().replace(/[^a-z0-9._-]+/g, "-");
  return plain.replace(/^[._-]+|[._-]+$/g, "") || "project";
}

function shellWord(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
