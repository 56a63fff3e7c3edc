/** What the environment says of object stores and local copies. Keys and secrets are read by the AWS SDK alone. */

import { MillraceError, messageOf } from "../base/error.ts";
import { parseSize } from "../base/size.ts";
import { cacheFolder } from "../storage/cache/place.ts";
import type { S3Options } from "../storage/s3/option.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** What is meant for Millrace alone wins over the project, and the project over what is meant for all tools of AWS. */
export function objectStoreOptions(environment: Environment, project: S3Options = {}): S3Options {
  const {
    AWS_ENDPOINT_URL_S3,
    AWS_ENDPOINT_URL,
    MILLRACE_S3_PATH_STYLE: pathStyle,
    MILLRACE_CACHE: folder,
    MILLRACE_CACHE_SIZE: size,
  } = environment;
  const endpoint = AWS_ENDPOINT_URL_S3 || AWS_ENDPOINT_URL;
  return {
    cacheFolder: cacheFolder(environment),
    ...(endpoint ? { endpoint } : {}),
    ...project,
    ...(folder ? { cacheFolder: cacheFolder(environment) } : {}),
    ...(size ? { cacheBytes: sizeOf(size) } : {}),
    ...(pathStyle ? { pathStyle: truthOf(pathStyle) } : {}),
  };
}

function sizeOf(text: string): number {
  try {
    return parseSize(text);
  } catch (cause) {
    throw new MillraceError(`MILLRACE_CACHE_SIZE: ${messageOf(cause)}`, {
      code: "cli/bad-environment",
      hint: "Give a number and a unit, such as MILLRACE_CACHE_SIZE=20GB.",
      cause,
    });
  }
}

function truthOf(text: string): boolean {
  if (text === "true" || text === "false") return text === "true";
  throw new MillraceError(`MILLRACE_S3_PATH_STYLE=${text} is neither true nor false`, {
    code: "cli/bad-environment",
    hint: "Give true where the bucket stands in the path, false where it stands in the host's name.",
  });
}
