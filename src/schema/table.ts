/** Tables as values: what SQL templates, publishing and checks refer to, and the names they may have. */

import { MillraceError } from "../base/error.ts";
import type { TableReference } from "../sql/template.ts";

/** A table of the lake. `R` is the type of its rows. */
export interface Table<R = Record<string, unknown>> extends TableReference {
  /** Carries the type of a row; never set. */
  readonly row?: R;
}

/** Names of the columns of a row. */
export type Name<R> = Extract<keyof R, string>;

/** Bytes of one part of a name, as a folder: below every file system's bound with room for what is added. */
const MOST_BYTES = 180;

/** Throws unless the text can name a table: `schema.table`, two parts of any printable characters. */
export function checkTableName(name: string, what: string): void {
  const parts = typeof name === "string" ? name.split(".") : [];
  const isGood =
    parts.length === 2 &&
    parts.every((part) => part.trim() === part && part !== "" && !/[\p{Cc}\p{Cs}]/u.test(part));
  if (!isGood) {
    throw new MillraceError(`${what} cannot be called ${JSON.stringify(name)}`, {
      code: "project/bad-name",
      hint: 'Name it by a schema and a table with one dot between, such as "bronze.orders".',
    });
  }
  const long = parts.find((part) => Buffer.byteLength(folderPart(part)) > MOST_BYTES);
  if (long !== undefined) {
    throw new MillraceError(
      `The name ${JSON.stringify(`${long.slice(0, 40)}…`)} of ${what} is too long for a folder`,
      {
        code: "project/bad-name",
        hint: `Keep each part of a name below ${MOST_BYTES} bytes.`,
      },
    );
  }
  if (/^(system|quarantine)$/i.test(parts[0] ?? "")) {
    throw new MillraceError(
      `${what} cannot be called "${name}": the schema "${parts[0]}" is Millrace's own`,
      {
        code: "project/bad-name",
        hint: 'Choose another schema, such as "bronze", "silver" or "gold".',
      },
    );
  }
}

/** True where a text that stands for a table is a path or an address and no name: it has a slash, or is nothing but dots. */
export function isTablePath(text: string): boolean {
  return /[/\\]/.test(text) || /^\.{1,2}$/.test(text);
}

/** The folder of a table below the lake's root: `bronze.orders` lies in `bronze/orders`. */
export function folderOf(name: string): string {
  const dot = name.indexOf(".");
  return `${folderPart(name.slice(0, dot))}/${folderPart(name.slice(dot + 1))}`;
}

/** The name of the table in a folder, or undefined where no table of ours could lie there. */
export function nameOfFolder(folder: string): string | undefined {
  const parts = folder.split("/");
  if (parts.length !== 2 || parts.some((part) => part === "")) return undefined;
  const name = parts.map((part) => part.replaceAll(/(~[0-9A-F]{2})+/g, textOf)).join(".");
  return folderOf(name) === folder ? name : undefined;
}

/** The table in which the rows lie that `name` turned away: `quarantine."bronze.orders"` in SQL. */
export function quarantineOf(name: string): string {
  return `quarantine.${name}`;
}

/**
 * Letters, digits and a few harmless marks stay; of the rest each byte becomes `~2A` and the like, so that
 * every file system takes it. Not `%2A`: other readers take a path for an address and decode that.
 */
function folderPart(part: string): string {
  return [...part].map((one) => (/[\p{L}\p{N}_ =,+.-]/u.test(one) ? one : bytesOf(one))).join("");
}

function bytesOf(text: string): string {
  return Buffer.from(text).toString("hex").toUpperCase().replaceAll(/../g, "~$&");
}

function textOf(bytes: string): string {
  return Buffer.from(bytes.replaceAll("~", ""), "hex").toString();
}
