/** What an object store's answers mean: for the next try, and to a person. */

import { MillraceError, messageOf, systemCodeOf } from "../../base/error.ts";
import { diskError } from "../disk-error.ts";

/**
 * `missing`: there is no such file. `taken`: the condition of a write did not hold. `busy`: the write ran into another
 * one and changed nothing. `passing`: may go away, and what was asked may or may not have been done. `final`: the rest.
 */
export type FailureKind = "missing" | "taken" | "busy" | "passing" | "final";

const KINDS: Readonly<Record<string, FailureKind>> = {
  NoSuchKey: "missing",
  NotFound: "missing",
  NoSuchUpload: "missing",
  PreconditionFailed: "taken",
  ConditionalRequestConflict: "busy",
  OperationAborted: "busy",
  SlowDown: "passing",
  RequestTimeout: "passing",
  RequestTimeTooSkewed: "passing",
  Throttling: "passing",
  ThrottlingException: "passing",
  TooManyRequests: "passing",
  InternalError: "passing",
  ServiceUnavailable: "passing",
  BadDigest: "passing",
  XAmzContentChecksumMismatch: "passing",
  IncompleteBody: "passing",
  TimeoutError: "passing",
  NotImplemented: "final",
};

const LOST_CONNECTION: ReadonlySet<string> = new Set([
  "EAI_AGAIN",
  "ECONNABORTED",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EPIPE",
  "ERR_STREAM_DESTROYED",
  "ERR_STREAM_PREMATURE_CLOSE",
  "ETIMEDOUT",
]);

const OF_THE_DISK: ReadonlySet<string> = new Set([
  "EACCES",
  "EDQUOT",
  "EMFILE",
  "ENOENT",
  "ENOSPC",
  "EROFS",
]);

/** An answer that is not what the store holds: cut short, of another version, or with a wrong checksum. */
export class DamagedAnswer extends Error {}

export function kindOf(error: unknown): FailureKind {
  if (error instanceof DamagedAnswer) return "passing";
  const status = statusOf(error);
  const known = KINDS[nameOf(error)];
  // A bucket that is not there answers 404 as well, by its own name.
  if (known !== undefined) return known;
  if (status === 412) return "taken";
  if (status === 429 || (status !== undefined && status >= 500)) return "passing";
  const code = systemCodeOf(error) ?? "";
  if (LOST_CONNECTION.has(code) || code.startsWith("HPE_")) return "passing";
  // An answer with status 200 that cannot be understood was cut off on its way.
  return status !== undefined && status < 300 ? "passing" : "final";
}

interface Words {
  readonly code: string;
  readonly what: string;
  readonly hint: string;
}

const NO_KEY: Words = {
  code: "storage/not-found",
  what: "it is not there",
  hint: "It may have been vacuumed or moved since it was listed.",
};
const DENIED: Words = {
  code: "storage/denied",
  what: "these credentials may not do it",
  hint: "Allow s3:GetObject, s3:PutObject, s3:DeleteObject, s3:AbortMultipartUpload on the prefix and s3:ListBucket on the bucket. Without s3:ListBucket a file that is not there is denied as well.",
};
const CREDENTIALS: Words = {
  code: "storage/bad-credentials",
  what: "the store does not take the credentials, or there are none",
  hint: "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or sign in again; the whole chain of the AWS SDK is looked through.",
};
const REGION: Words = {
  code: "storage/wrong-region",
  what: "the region is missing or is not the bucket's",
  hint: "Set AWS_REGION, or the option region of s3 in the project.",
};

const WORDS: Readonly<Record<string, Words>> = {
  NoSuchKey: NO_KEY,
  NotFound: NO_KEY,
  PreconditionFailed: {
    code: "storage/changed",
    what: "it was replaced while it was read",
    hint: "Run again.",
  },
  NoSuchBucket: {
    code: "storage/no-bucket",
    what: "there is no such bucket",
    hint: "Make the bucket first, or mend its name.",
  },
  AccessDenied: DENIED,
  Forbidden: DENIED,
  InvalidAccessKeyId: CREDENTIALS,
  SignatureDoesNotMatch: CREDENTIALS,
  ExpiredToken: CREDENTIALS,
  InvalidToken: CREDENTIALS,
  CredentialsProviderError: CREDENTIALS,
  TokenProviderError: CREDENTIALS,
  PermanentRedirect: REGION,
  AuthorizationHeaderMalformed: REGION,
  IllegalLocationConstraintException: REGION,
  NotImplemented: {
    code: "storage/no-atomic-create",
    what: "the store does not know conditional writes",
    hint: "Commits need If-None-Match: use a store that has it, such as Amazon S3, versitygw, MinIO, Ceph 19 or R2.",
  },
  RequestTimeTooSkewed: {
    code: "storage/clock-skew",
    what: "the clocks of this machine and of the store are too far apart",
    hint: "Set this machine's clock.",
  },
};

/** The error to throw for what the store answered; a MillraceError passes as it is. */
export function storeError(
  error: unknown,
  { act, path, uri }: { act: string; path: string; uri: string },
): unknown {
  if (error instanceof MillraceError || error instanceof TypeError) return error;
  if (OF_THE_DISK.has(systemCodeOf(error) ?? ""))
    return diskError(error, { act, path, root: `this machine's copies of ${uri}` });
  const { code, what, hint } = wordsOf(error);
  const mayPass = kindOf(error) !== "final" && kindOf(error) !== "missing";
  const message = `Could not ${act} ${path === "" ? "files" : path} in ${uri}: ${what} (${detailOf(error)}).`;
  return new MillraceError(message, {
    code,
    hint,
    retryable: mayPass && code !== "storage/clock-skew",
    // The SDK's own error would bring the whole answer along into what --debug shows.
    cause: new Error(detailOf(error)),
  });
}

function wordsOf(error: unknown): Words {
  const known = WORDS[nameOf(error)];
  if (known !== undefined) return known;
  const status = statusOf(error);
  if (status === 403) return DENIED;
  if (status === 301 || messageOf(error).startsWith("Region is missing")) return REGION;
  if (kindOf(error) === "busy" || status === 429 || status === 503) {
    return {
      code: "storage/busy",
      what: "the store asked again and again to come back later",
      hint: "Run again later, or with fewer steps at once (--parallel 1).",
    };
  }
  if (error instanceof DamagedAnswer) {
    return {
      code: "storage/damaged",
      what: "what arrived is not what the store says it holds",
      hint: "Try again; if it stays so, the object is damaged: restore it from a backup.",
    };
  }
  if (kindOf(error) === "passing") {
    return {
      code: "storage/unreachable",
      what: "the store gave no proper answer, however often it was asked",
      hint: "See whether the endpoint is right and can be reached from here; then run again.",
    };
  }
  return {
    code: "storage/failed",
    what: "the store refused",
    hint: "Its own words stand in brackets.",
  };
}

/** `NoSuchBucket: The specified bucket does not exist; request 4442587FB7D0A2F9`. */
function detailOf(error: unknown): string {
  const { requestId } = metadataOf(error);
  const name = nameOf(error);
  const message = messageOf(error).replace(/\s+/g, " ").replace(/\.$/, "").slice(0, 300);
  const said = [name, message].filter((part) => part !== "" && part !== "Error");
  return `${[...new Set(said)].join(": ")}${requestId === undefined ? "" : `; request ${requestId}`}`;
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : "";
}

function statusOf(error: unknown): number | undefined {
  return metadataOf(error).httpStatusCode;
}

function metadataOf(error: unknown): { httpStatusCode?: number; requestId?: string } {
  if (typeof error !== "object" || error === null || !("$metadata" in error)) return {};
  return (error.$metadata ?? {}) as { httpStatusCode?: number; requestId?: string };
}
