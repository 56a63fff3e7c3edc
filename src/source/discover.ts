/** The first stage of reading files: which ones a path or pattern means now. */

import type { Stats } from "node:fs";
import { access, constants, glob, readdir, stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, relative, resolve, sep } from "node:path";
import { MillraceError, messageOf, systemCodeOf } from "../base/error.ts";
import { nearestWord } from "../base/suggest.ts";
import { literalStart } from "./glob.ts";

export interface FoundFile {
  /** What the file is called wherever it is remembered: relative to the project with `/`, or absolute when outside it. */
  readonly name: string;
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  readonly inode: bigint;
  /** What an object store calls the content by. */
  readonly etag?: string;
}

/** A file that is there and cannot be read; the others go on. */
export interface UnreadableFile {
  readonly name: string;
  readonly path: string;
  readonly message: string;
}

export interface Discovery {
  /** Sorted by name. */
  readonly files: readonly FoundFile[];
  readonly problems: readonly UnreadableFile[];
}

/** Names that programs give to what is not finished or not meant to be seen. */
const UNFINISHED = /^\.|^~\$|\.(?:tmp|part|partial|crdownload|filepart|swp)$|~$/i;

/**
 * The files of a path or a pattern (`*`, `?`, `**`, `[..]`, `{a,b}`), relative to the project's root.
 * A path that exists as written is no pattern for its brackets alone. A path that names nothing throws `source/not-found`;
 * a pattern that matches nothing is an empty list. Patterns pass over hidden and unfinished names.
 */
export async function listFiles(pattern: string, root: string): Promise<Discovery> {
  const literal = resolve(root, pattern);
  const exists = await stat(literal).then(
    () => true,
    (error) => systemCodeOf(error) !== "ENOENT" && systemCodeOf(error) !== "ENOTDIR",
  );
  // A file that is called *.csv, by mistake, is one of those that *.csv means.
  const isPattern = /[*?]/.test(pattern) || (!exists && /[[{]/.test(pattern));
  if (!exists && !isPattern && !(await isLink(literal))) throw await notFound(pattern, literal);
  const paths = isPattern ? await expand(pattern, root) : [literal];
  const files: FoundFile[] = [];
  const problems = isPattern && paths.length === 0 ? await missingFolder(pattern, root) : [];
  for (const path of paths) {
    const name = nameOf(path, root);
    const found = await look(path);
    if (typeof found === "string") problems.push({ name, path, message: found });
    else if (!found.isDirectory()) {
      files.push({
        name,
        path,
        sizeBytes: found.size,
        modifiedMs: found.mtimeMs,
        inode: BigInt(found.ino),
      });
    } else if (!isPattern) {
      problems.push({
        name,
        path,
        message: `is a folder; name the files in it: ${pattern.replace(/\/$/, "")}/*`,
      });
    }
  }
  return { files: files.sort(byName), problems: problems.sort(byName) };
}

/** True for the name of a file that its writer does not mean to be read. */
export function isUnfinished(name: string): boolean {
  return UNFINISHED.test(name);
}

/** Hidden folders are entered only where the pattern itself names them. */
async function expand(pattern: string, root: string): Promise<string[]> {
  const named = new Set([".", "..", ...pattern.split("/")]);
  const exclude = (path: string) => basename(path).startsWith(".") && !named.has(basename(path));
  const paths = new Set<string>();
  for await (const match of glob(pattern, { cwd: root, exclude })) {
    const path = resolve(root, match);
    if (!isUnfinished(basename(path))) paths.add(path);
  }
  return [...paths];
}

/** What is at the path, or why it cannot be read. */
async function look(path: string): Promise<Stats | string> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) return found;
    if (!found.isFile()) return "is no regular file";
    await access(path, constants.R_OK);
    return found;
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === "ENOENT") return "is a link to a file that is not there";
    if (code === "EACCES" || code === "EPERM") return "may not be read by this user";
    if (code === "ELOOP") return "is a link to itself";
    return `cannot be read: ${messageOf(error)}`;
  }
}

/** An inbox may be empty; but one that is not there has perhaps another name. */
async function missingFolder(pattern: string, root: string): Promise<UnreadableFile[]> {
  const start = literalStart(pattern);
  const path = resolve(root, start.slice(0, start.lastIndexOf("/") + 1));
  const found = await stat(path).catch((error) => systemCodeOf(error));
  if (found !== "ENOENT") return [];
  return [{ name: nameOf(path, root), path, message: "is a folder that does not exist" }];
}

async function isLink(path: string): Promise<boolean> {
  const names: string[] = await readdir(dirname(path)).catch(() => []);
  return names.includes(basename(path));
}

async function notFound(pattern: string, path: string): Promise<MillraceError> {
  const folder = dirname(path);
  const names = await readdir(folder).catch(() => undefined);
  const nearest = nearestWord(basename(path), names ?? []);
  const hint =
    names === undefined
      ? `The folder ${folder} does not exist.`
      : nearest === undefined
        ? `The folder ${folder} has no such file${names.length === 0 ? "; it is empty" : ""}.`
        : `Did you mean "${nearest}" in ${folder}?`;
  return new MillraceError(`There is no file ${pattern}`, { code: "source/not-found", hint });
}

function nameOf(path: string, root: string): string {
  const inside = relative(resolve(root), path);
  const isInside = inside !== "" && !isAbsolute(inside) && inside.split(sep)[0] !== "..";
  return isInside ? inside.split(sep).join("/") : path;
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
