/** What a project says of the object store that its lake and its sources lie in: as written, and as used. */

import { resolve } from "node:path";
import { MillraceError } from "../base/error.ts";
import { checkOptions, text, truth, wrongOption } from "../base/option.ts";
import { parseSize } from "../base/size.ts";
import type { Text } from "../sql/template.ts";
import type { S3Options } from "../storage/s3/option.ts";

/** Keys and secrets are not among them: they come from the environment, a profile, or the machine's role. */
export interface ObjectStoreOptions {
  /** Of the bucket; left out, `AWS_REGION` or the profile tells. */
  readonly region?: Text;
  /** The URL of a store that is not Amazon's, such as `http://localhost:9000`. */
  readonly endpoint?: Text;
  /** Whether the bucket stands in the path and not in the host's name; true with an endpoint unless told. */
  readonly pathStyle?: boolean;
  /** Where copies of what was read are kept on this machine, relative to the project; the user's cache folder unless told. */
  readonly cache?: Text;
  /** What the copies may take, "20 GB" unless told; those in use are never removed. */
  readonly cacheSize?: string;
}

export function checkObjectStore(how: ObjectStoreOptions): ObjectStoreOptions {
  return checkOptions("the option s3 of defineProject()", how, {
    region: textValue,
    endpoint: textValue,
    pathStyle: truth,
    cache: textValue,
    cacheSize: (value, name) => {
      text(value, name);
      parseSize(String(value));
    },
  });
}

/** With parameters and secrets in their places. */
export function resolveObjectStore(
  { region, endpoint, pathStyle, cache, cacheSize }: ObjectStoreOptions,
  root: string,
  textOf: (value: Text) => string,
): S3Options {
  return {
    ...(region === undefined ? {} : { region: textOf(region) }),
    ...(endpoint === undefined ? {} : { endpoint: checkEndpoint(textOf(endpoint)) }),
    ...(pathStyle === undefined ? {} : { pathStyle }),
    ...(cache === undefined ? {} : { cacheFolder: resolve(root, textOf(cache)) }),
    ...(cacheSize === undefined ? {} : { cacheBytes: parseSize(cacheSize) }),
  };
}

function checkEndpoint(endpoint: string): string {
  const url = URL.parse(endpoint);
  const isGood = url !== null && /^https?:$/.test(url.protocol) && url.username === "";
  if (isGood && url.password === "") return endpoint;
  throw new MillraceError("The endpoint of the object store is no URL of one", {
    code: "project/bad-option",
    hint: "Write http://host:port or https://host, without keys or secrets in it.",
  });
}

function textValue(value: unknown, name: string): void {
  const isText = typeof value === "string" && value !== "";
  const isOurs = typeof value === "object" && value !== null && "kind" in value;
  if (!isText && !isOurs) throw wrongOption(name, value, "a text, param() or env()");
}
