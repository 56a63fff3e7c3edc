/** The AWS SDK, loaded when the first request is sent: signatures, credentials and the protocol are its, patience is ours. */

import type { S3 } from "@aws-sdk/client-s3";
import { MillraceError, systemCodeOf } from "../../base/error.ts";
import type { S3Options } from "./option.ts";

/** What we ask of it; each call is one request. */
export type Client = Pick<
  S3,
  | "abortMultipartUpload"
  | "completeMultipartUpload"
  | "createMultipartUpload"
  | "deleteObject"
  | "deleteObjects"
  | "destroy"
  | "getObject"
  | "headObject"
  | "listObjectsV2"
  | "putObject"
  | "uploadPart"
>;

const CONNECT_MS = 10_000;
const SOCKETS = 64;
/** Any will do for signing where the store is not Amazon's. */
const ANY_REGION = "us-east-1";

/** A client whose requests are tried once. Throws `storage/no-driver` where the SDK is not installed. */
export async function openClient(
  { region, endpoint, pathStyle = endpoint !== undefined }: S3Options,
  silenceMs: number,
): Promise<Client> {
  const { S3 } = await loadSdk();
  const where = region ?? (endpoint === undefined ? undefined : ANY_REGION);
  const agent = { keepAlive: true, maxSockets: SOCKETS };
  const client = new S3({
    ...(where === undefined ? {} : { region: where }),
    ...(endpoint === undefined ? {} : { endpoint }),
    forcePathStyle: pathStyle,
    followRegionRedirects: true,
    maxAttempts: 1,
    // Checksums are ours: header fields that every store takes, over bytes that lie in memory.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    logger: SILENT,
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      socketTimeout: silenceMs,
      socketAcquisitionWarningTimeout: 2 ** 30,
      httpAgent: agent,
      httpsAgent: agent,
      logger: SILENT,
    },
  });
  // Asks for the checksum that was stored with the object, without the SDK computing it once more.
  client.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        const { request } = args as { request?: { headers?: Record<string, string> } };
        if (commandName === "GetObjectCommand" && request?.headers !== undefined)
          request.headers["x-amz-checksum-mode"] = "ENABLED";
        return next(args);
      },
    { step: "build", name: "millraceChecksumMode" },
  );
  return client;
}

const SILENT = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };

async function loadSdk(): Promise<{ readonly S3: typeof S3 }> {
  try {
    return await import("@aws-sdk/client-s3");
  } catch (cause) {
    if (systemCodeOf(cause) !== "ERR_MODULE_NOT_FOUND") throw cause;
    throw new MillraceError("The package @aws-sdk/client-s3, which s3:// needs, is not installed", {
      code: "storage/no-driver",
      hint: "npm install @aws-sdk/client-s3",
      cause,
    });
  }
}
