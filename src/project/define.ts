/** A project as a person writes it: one value that holds all assets. */

import { MillraceError } from "../base/error.ts";
import { anything, checkOptions, kindOf, text, wrongOption } from "../base/option.ts";
import type { Ingested } from "../ingest/asset.ts";
import type { Picture, Publication } from "../publish/asset.ts";
import type { Text } from "../sql/template.ts";
import type { Transformed } from "../transform/asset.ts";
import { checkObjectStore, type ObjectStoreOptions } from "./object-store.ts";

/** A table, or something made of tables. A row type plays no part here. */
export type Asset =
  | Ingested<never>
  | Transformed<never>
  | Ingested
  | Transformed
  | Publication
  | Picture;

export interface ProjectOptions {
  readonly name: string;
  readonly assets: readonly Asset[];
  /** A folder, relative to the project, or `s3://bucket/prefix`; `lake` unless told here or by `--lake`. */
  readonly lake?: Text;
  /** About the object store in which the lake or sources lie. */
  readonly s3?: ObjectStoreOptions;
}

/** What a project file exports. */
export interface ProjectDefinition {
  readonly kind: "project";
  readonly name: string;
  readonly assets: readonly Asset[];
  readonly lake: Text;
  readonly s3: ObjectStoreOptions;
}

export function defineProject(how: ProjectOptions): ProjectDefinition {
  const { name, assets, lake, s3 } = checkOptions("defineProject()", how, {
    name: text,
    assets: anything,
    lake: anything,
    s3: anything,
  });
  if (!/^[\p{L}\p{N}][\p{L}\p{N} _.-]{0,99}$/u.test(name)) {
    throw new MillraceError(`A project cannot be called ${JSON.stringify(name)}`, {
      code: "project/bad-name",
      hint: "Use letters, digits, blanks and . _ - such as memberships.",
    });
  }
  if (!Array.isArray(assets))
    throw wrongOption(
      "The option assets of defineProject()",
      assets,
      "a list of tables and outputs",
    );
  assets.forEach((asset, index) => {
    if (!["table", "publication", "picture"].includes(kindOf(asset) ?? "")) {
      throw wrongOption(
        `assets[${index}] of defineProject()`,
        asset,
        "what ingest(), transform(), publish() or picture() gives",
      );
    }
  });
  return Object.freeze({
    kind: "project",
    name,
    assets: Object.freeze([...assets]),
    lake: lake ?? "lake",
    s3: checkObjectStore(s3 ?? {}),
  });
}
