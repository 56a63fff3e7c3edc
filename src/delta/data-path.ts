/** Paths of data files: from a file's place to the text in the log, and back. */

const NULL_FOLDER = "__HIVE_DEFAULT_PARTITION__";

/** Characters that Hive, and every engine after it, escapes in the names of partition folders. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are among those to escape.
const FOLDER_ESCAPES = /[\x00-\x1f\x7f"#%'*/:=?\\{[\]^]/g;

/** Longer folder names do not fit every file system; the values are in the log, so the folder is only for people. */
const LONGEST_FOLDER = 200;

/** Joins a folder and a path in it; an empty folder is the root. */
export function inFolder(folder: string, path: string): string {
  const trimmed = folder.replace(/\/+$/, "");
  return trimmed === "" ? path : `${trimmed}/${path}`;
}

/** `k=v/l=w` for a new file's partition values, or an empty text where there are none or they do not fit. */
export function partitionFolder(values: readonly (readonly [string, string | null])[]): string {
  const names = values.map(
    ([name, value]) =>
      `${escapeFolder(name)}=${value === null || value === "" ? NULL_FOLDER : escapeFolder(value)}`,
  );
  const fits = names.every((name) => Buffer.byteLength(name) <= LONGEST_FOLDER);
  return fits ? names.join("/") : "";
}

/** A place below the table's folder as the log writes it. */
export function encodePath(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/").replaceAll("%3D", "=");
}

/** The place the log's text names: decoded once; absolute where it begins with `/` or a scheme. */
export function decodePath(path: string): string {
  const bare = /^file:\/*/.test(path) ? path.replace(/^file:\/*/, "/") : path;
  return decodeText(bare);
}

/** True where a decoded path is not relative to the table. */
export function isAbsolutePath(decoded: string): boolean {
  return decoded.startsWith("/") || /^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(decoded);
}

/** The name of a sidecar, which lies beside the checkpoints whatever folder other writers put before it. */
export function sidecarName(path: string): string {
  const decoded = decodePath(path);
  return decoded.slice(decoded.lastIndexOf("/") + 1);
}

/** What makes two file actions be about the same file. */
export function fileKey(path: string, vectorId: string): string {
  const decoded = decodePath(path);
  // Most files have no vector; their keys then are their paths, which take no memory of their own.
  return vectorId === "" ? decoded : `${decoded}\0${vectorId}`;
}

function escapeFolder(text: string): string {
  return text.replace(
    FOLDER_ESCAPES,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}

/** Decodes like a URI parser that lets stray percent signs stand, as other writers left some. */
function decodeText(text: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text.replace(/(?:%[0-9A-Fa-f]{2})+/g, (run) => {
      try {
        return decodeURIComponent(run);
      } catch {
        return run;
      }
    });
  }
}
