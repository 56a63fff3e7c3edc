/** Where the files lie that a log names: in the table's own folder, or where the reader said they may. */

import { lstatSync, realpathSync } from "node:fs";
import { dirname, posix } from "node:path";
import { MillraceError } from "../base/error.ts";
import type { Storage } from "../storage/storage.ts";
import { decodePath, inFolder, isAbsolutePath } from "./data-path.ts";

export interface FileAccess {
  readonly storage: Storage;
  /**
   * Absolute folders or prefixes of stores outside of a table whose files its log may name, as that
   * of a shallow clone does. By default none: a log from elsewhere must not show files of this machine.
   */
  readonly foreign?: readonly string[];
}

/**
 * Finds files by their paths in the log of the table in `folder`: resolves to where this machine's
 * programs can read them. A path that leads out of the folder, in whatever spelling or by a link, is
 * `delta/foreign-path` unless it is declared.
 */
export function fileFinder(
  { storage, foreign = [] }: FileAccess,
  folder: string,
): (path: string) => Promise<string> {
  const root = plainUri(storage.uri);
  const home = plainUri(inFolder(root, folder));
  const others = foreign.map((place) => (place.startsWith("file:") ? decodePath(place) : place));
  const allowed = [home, ...others.map(plainUri)];
  const checkLinks = root.startsWith("/") ? linkCheck(allowed) : undefined;
  const wholePath = (path: string): string => {
    const decoded = decodePath(path);
    if (!ODD_PATH.test(decoded)) return `${home}/${decoded}`;
    const whole = plainUri(isAbsolutePath(decoded) ? decoded : `${home}/${decoded}`);
    const isAllowed = allowed.some((place) => isBelow(whole, place));
    if (!isAllowed || whole.includes("\0")) throw outside(path, folder);
    return whole;
  };
  return async (path) => {
    if (path.length > LONGEST_PATH) throw unreachable(`${path.slice(0, 100)}...`, folder);
    const whole = wholePath(path);
    const isInStorage = isBelow(whole, root);
    if (!isInStorage && !whole.startsWith("/")) throw unreachable(path, folder);
    if (checkLinks?.(whole) === false) throw outside(path, folder);
    return isInStorage ? storage.localPath(whole.slice(root.length + 1)) : whole;
  };
}

/** Other paths are names below a folder and nothing else, as nearly all are. */
const ODD_PATH = /(?:^|\/)\.{0,2}(?:\/|$)|:|\0/;

/** No file system and no store has longer ones. */
const LONGEST_PATH = 16_384;

/** Without `.`, `..` and empty steps; the several names of one store become one. */
function plainUri(uri: string): string {
  const [, scheme = "", host = "", path = ""] =
    /^(?:([A-Za-z][A-Za-z0-9+.-]*:)(?=\/\/|[^/]))?(\/\/[^/]*)?([\s\S]*)$/.exec(uri) ?? [];
  const plain = posix.normalize(path === "" ? "." : path).replace(/(?<=.)\/+$/, "");
  return `${scheme.toLowerCase().replace(/^s3[an]:/, "s3:")}${host}${plain === "." ? "" : plain}`;
}

function isBelow(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith("/") ? folder : `${folder}/`);
}

/**
 * False for a file that a symbolic link takes out of the allowed folders, which may be links
 * themselves. Folders are looked at once, so that tables of many files cost little.
 */
function linkCheck(allowed: readonly string[]): (file: string) => boolean {
  let real: readonly string[] | undefined;
  const folders = new Map<string, boolean>();
  const staysWithin = (path: string): boolean => {
    real ??= allowed.map((folder) => realPath(folder) ?? folder);
    const target = realPath(path);
    // What is not there shows nothing; whoever reads it says so.
    return (
      target === undefined || real.some((folder) => target === folder || isBelow(target, folder))
    );
  };
  return (file) => {
    const folder = dirname(file);
    let isWithin = folders.get(folder);
    if (isWithin === undefined) {
      isWithin = staysWithin(folder);
      folders.set(folder, isWithin);
    }
    if (!isWithin) return false;
    return !isLink(file) || staysWithin(file);
  };
}

/** What cannot be looked at cannot be read either, and reading it tells why. */
function isLink(file: string): boolean {
  try {
    return lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  } catch {
    return false;
  }
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync.native(path);
  } catch {
    return undefined;
  }
}

function outside(path: string, folder: string): MillraceError {
  return new MillraceError(
    `The table ${folder} names the file ${path}, which lies outside of it.`,
    {
      code: "delta/foreign-path",
      hint: "If it is a shallow clone, name the folder whose files it shares: delta_scan('clone', files_from => 'original'), or the same in table_changes(...).",
    },
  );
}

function unreachable(path: string, folder: string): MillraceError {
  return new MillraceError(
    `The table ${folder} names the file ${path}, which its storage cannot reach.`,
    { code: "delta/foreign-path", hint: "Copy the table deeply first." },
  );
}
