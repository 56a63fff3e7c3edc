/** An object store in this process that speaks S3 over real HTTP, keeps every promise of it, and breaks them when told to. */

import { createHash, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import { crc32 } from "node:zlib";

/**
 * What goes wrong with one request. `412`, `409`, `500`, `503`: answered so, and nothing done. `reset`: the connection
 * is cut before anything is done; `done then reset`, `done then 500`: after; `reset then done`: the other way round.
 * `cut body`: the answer ends in its middle; `short body`: it is shorter, and says so; `flipped body`: one bit differs.
 * `slow body`: it comes in drops; `stalled body`: it stops in its middle; `silence`: nothing comes at all. `hidden 500`:
 * the status says 200, and the body that it failed.
 */
export type Fault =
  | "409"
  | "412"
  | "500"
  | "503"
  | "reset"
  | "done then reset"
  | "done then 500"
  | "reset then done"
  | "cut body"
  | "short body"
  | "flipped body"
  | "slow body"
  | "stalled body"
  | "hidden 500"
  | "silence";

/** A request as faults are chosen by: `PUT` of an object, `PUT part`, `POST complete`, `GET list`, ... */
export interface Asked {
  readonly what: string;
  readonly key: string;
}

export interface S3Double {
  readonly endpoint: string;
  readonly bucket: string;
  /** Of every request so far. */
  readonly asked: readonly Asked[];
  readonly keys: readonly string[];
  /** Uploads in parts that somebody was told of and that are neither finished nor aborted. */
  readonly openUploads: number;
  /** Connections that stay open. */
  connections(): Promise<number>;
  /** Chooses what goes wrong from now on; nothing where it gives undefined. */
  breakBy(choose: (asked: Asked) => Fault | undefined): void;
  /** Each fault meets one request that `matches`, in order. */
  breakNext(faults: readonly Fault[], matches?: (asked: Asked) => boolean): void;
  close(): Promise<void>;
}

export interface DoubleOptions {
  readonly bucket?: string;
  readonly pageKeys?: number;
  /** `ignored`: every write is done. `racy`: looked at before the body arrives, as some stores do. */
  readonly condition?: "honoured" | "ignored" | "racy" | "not implemented";
  /** Of its clock against the true time; a signature that is more than 15 minutes off is refused. */
  readonly clockAheadMs?: number;
}

interface StoredObject {
  readonly bytes: Buffer;
  readonly etag: string;
  readonly modified: Date;
  readonly checksum: string;
  readonly metadata: Readonly<Record<string, string>>;
}

interface Upload {
  readonly key: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly parts: Map<number, Buffer>;
}

interface Received {
  readonly method: string;
  readonly headers: IncomingMessage["headers"];
  readonly query: URLSearchParams;
  readonly body: Buffer;
}

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  /** Undoes what only the answer tells of. */
  readonly forget?: () => void;
}

export const ACCESS_KEY = "double-key";
export const SECRET_KEY = "double-secret-that-nobody-may-see";
const MOST_SKEW_MS = 15 * 60_000;

export async function openS3Double(options: DoubleOptions = {}): Promise<S3Double> {
  const { bucket: name = "double", pageKeys = 1000 } = options;
  const { condition = "honoured", clockAheadMs = 0 } = options;
  const objects = new Map<string, StoredObject>();
  const uploads = new Map<string, Upload>();
  const asked: Asked[] = [];
  let choose: (one: Asked) => Fault | undefined = () => undefined;

  const put = async (request: Received, key: string): Promise<Answer> => {
    const isConditional = request.headers["if-none-match"] === "*";
    if (isConditional && condition === "not implemented") return failure(501, "NotImplemented");
    const wasTaken = objects.has(key);
    const { body: bytes } = request;
    const wrong = checkBody(request);
    if (wrong !== undefined) return wrong;
    if (isConditional && condition === "racy") await setTimeout(5);
    const isTaken = condition === "racy" ? wasTaken : objects.has(key);
    if (isConditional && isTaken && condition !== "ignored")
      return failure(412, "PreconditionFailed");
    const etag = `"${md5(bytes).toString("hex")}"`;
    store(key, { bytes, etag, metadata: metadataOf(request) });
    return { status: 200, headers: { etag } };
  };

  const store = (
    key: string,
    { bytes, etag, metadata }: Pick<StoredObject, "bytes" | "etag" | "metadata">,
  ): void => {
    const modified = new Date(Math.floor((Date.now() + clockAheadMs) / 1000) * 1000);
    objects.set(key, { bytes, etag, metadata, modified, checksum: checksumOf(bytes) });
  };

  const read = (request: Received, key: string): Answer => {
    const held = objects.get(key);
    if (held === undefined) return failure(404, "NoSuchKey");
    if (![undefined, held.etag].includes(request.headers["if-match"]))
      return failure(412, "PreconditionFailed");
    const { bytes, etag, modified, checksum, metadata } = held;
    const headers = {
      etag,
      "last-modified": modified.toUTCString(),
      ...Object.fromEntries(
        Object.entries(metadata).map(([name, value]) => [`x-amz-meta-${name}`, value]),
      ),
    };
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
    if (from !== undefined && to !== undefined) {
      const piece = bytes.subarray(Number(from), Number(to) + 1);
      const range = `bytes ${from}-${Number(from) + piece.length - 1}/${bytes.length}`;
      return { status: 206, headers: { ...headers, "content-range": range }, body: piece };
    }
    const asksChecksum = request.headers["x-amz-checksum-mode"] === "ENABLED";
    const sums = { "x-amz-checksum-crc32": checksum, "x-amz-checksum-type": "FULL_OBJECT" };
    return { status: 200, headers: { ...headers, ...(asksChecksum ? sums : {}) }, body: bytes };
  };

  const list = (query: URLSearchParams): Answer => {
    const prefix = query.get("prefix") ?? "";
    const delimiter = query.get("delimiter") ?? "";
    const from = query.get("continuation-token") ?? query.get("start-after") ?? "";
    const found = new Map<string, StoredObject | undefined>();
    for (const [key, held] of objects) {
      if (!key.startsWith(prefix)) continue;
      const end = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
      const name = end < 0 ? key : key.slice(0, end + 1);
      if (byBytes(name, from) > 0) found.set(name, end < 0 ? held : undefined);
    }
    const names = [...found.keys()].toSorted(byBytes);
    const page = names.slice(0, pageKeys);
    const isMore = names.length > page.length;
    const entries = page.map((name) => {
      const held = found.get(name);
      return held === undefined
        ? `<CommonPrefixes><Prefix>${escapeXml(name)}</Prefix></CommonPrefixes>`
        : `<Contents><Key>${escapeXml(name)}</Key><LastModified>${held.modified.toISOString()}</LastModified><ETag>${escapeXml(held.etag)}</ETag><Size>${held.bytes.length}</Size></Contents>`;
    });
    const next = isMore
      ? `<NextContinuationToken>${escapeXml(page.at(-1) ?? "")}</NextContinuationToken>`
      : "";
    return xml(
      `<ListBucketResult><IsTruncated>${isMore}</IsTruncated>${next}${entries.join("")}</ListBucketResult>`,
    );
  };

  const complete = (request: Received, key: string, uploadId: string): Answer => {
    const text = request.body.toString();
    const upload = uploads.get(uploadId);
    if (upload === undefined) return failure(404, "NoSuchUpload");
    const isConditional = request.headers["if-none-match"] === "*";
    if (isConditional && objects.has(key) && condition !== "ignored")
      return failure(412, "PreconditionFailed");
    const numbers = [...text.matchAll(/<PartNumber>(\d+)<\/PartNumber>/g)].map((match) =>
      Number(match[1]),
    );
    const parts = numbers.map((number) => upload.parts.get(number));
    if (parts.some((part) => part === undefined)) return failure(400, "InvalidPart");
    const bytes = Buffer.concat(parts.filter((part) => part !== undefined));
    const announced = request.headers["x-amz-checksum-crc32"];
    if (announced !== undefined && announced !== checksumOf(bytes))
      return failure(400, "BadDigest");
    const sums = parts.filter((part) => part !== undefined).map(md5);
    const etag = `"${md5(Buffer.concat(sums)).toString("hex")}-${parts.length}"`;
    store(key, { bytes, etag, metadata: upload.metadata });
    uploads.delete(uploadId);
    return xml(
      `<CompleteMultipartUploadResult><ETag>${escapeXml(etag)}</ETag></CompleteMultipartUploadResult>`,
    );
  };

  const removeMany = ({ body }: Received): Answer => {
    const text = body.toString();
    for (const [, key = ""] of text.matchAll(/<Key>([^<]*)<\/Key>/g))
      objects.delete(unescapeXml(key));
    return xml("<DeleteResult></DeleteResult>");
  };

  const act = async (request: Received, key: string): Promise<Answer> => {
    const { query } = request;
    const uploadId = query.get("uploadId") ?? "";
    switch (whatOf(request.method, query, key)) {
      case "GET list":
        return list(query);
      case "GET":
      case "HEAD":
        return read(request, key);
      case "PUT":
        return put(request, key);
      case "PUT part": {
        const wrong = checkBody(request);
        const upload = uploads.get(uploadId);
        if (wrong !== undefined) return wrong;
        if (upload === undefined) return failure(404, "NoSuchUpload");
        upload.parts.set(Number(query.get("partNumber")), request.body);
        return { status: 200, headers: { etag: `"${md5(request.body).toString("hex")}"` } };
      }
      case "POST begin": {
        const id = randomUUID();
        uploads.set(id, { key, metadata: metadataOf(request), parts: new Map() });
        const told = `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`;
        return { ...xml(told), forget: () => uploads.delete(id) };
      }
      case "POST complete":
        return complete(request, key, uploadId);
      case "DELETE upload":
        return uploads.delete(uploadId) ? { status: 204 } : failure(404, "NoSuchUpload");
      case "POST delete":
        return removeMany(request);
      case "DELETE":
        objects.delete(key);
        return { status: 204 };
      default:
        return failure(405, "MethodNotAllowed");
    }
  };

  const checkAccess = (request: Received, bucket: string): Answer | undefined => {
    const { authorization = "" } = request.headers;
    if (!authorization.includes(`Credential=${ACCESS_KEY}/`))
      return failure(403, "InvalidAccessKeyId");
    const signed = String(request.headers["x-amz-date"]).replace(
      /^(....)(..)(..)T(..)(..)(..)Z$/,
      "$1-$2-$3T$4:$5:$6Z",
    );
    if (Math.abs(Date.parse(signed) - Date.now() - clockAheadMs) > MOST_SKEW_MS)
      return failure(403, "RequestTimeTooSkewed");
    return bucket === name ? undefined : failure(404, "NoSuchBucket");
  };

  const serve = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(message.url ?? "/", "http://double");
    const [, bucket = "", ...rest] = url.pathname.split("/");
    const key = rest.map(decodeURIComponent).join("/");
    const { method = "", headers } = message;
    const what = whatOf(method, url.searchParams, key);
    asked.push({ what, key });
    response.setHeader("date", new Date(Date.now() + clockAheadMs).toUTCString());
    response.setHeader("x-amz-request-id", randomUUID().slice(0, 8));
    const fault = choose({ what, key });
    if (fault === "silence") {
      message.resume();
      return;
    }
    if (fault === "reset") {
      message.socket.destroy();
      return;
    }
    const body = await buffer(message);
    const request: Received = { method, headers, query: url.searchParams, body };
    const refused = checkAccess(request, bucket);
    if (refused !== undefined) return send(request, response, refused);
    switch (fault) {
      case "409":
      case "412":
      case "500":
      case "503":
        return send(request, response, failure(Number(fault), CODES[fault]));
      case "reset then done":
        // Whoever asked takes it for failed, and the store does it later.
        message.socket.destroy();
        await setTimeout(20);
        if (what !== "POST begin") await act(request, key);
        return;
    }
    if (fault === "hidden 500") {
      return send(request, response, { ...failure(500, CODES["500"]), status: 200 });
    }
    const answer = await act(request, key);
    // Nobody can abort an upload that nobody was told of; a store forgets it by a rule of the bucket.
    if (fault !== undefined) answer.forget?.();
    if (fault === "done then reset") message.socket.destroy();
    else if (fault === "done then 500") await send(request, response, failure(500, CODES["500"]));
    else if (fault !== undefined && answer.status < 300) await sendBroken(response, answer, fault);
    else await send(request, response, answer);
  };

  const server = createServer((request, response) => {
    serve(request, response).catch(() => request.socket.destroy());
  });
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    bucket: name,
    asked,
    get keys() {
      return [...objects.keys()].toSorted(byBytes);
    },
    get openUploads() {
      return uploads.size;
    },
    async connections() {
      // The end of a connection takes a moment from one side to the other.
      for (let looked = 0; looked < 200 && sockets.size > 0; looked += 1) await setTimeout(5);
      return sockets.size;
    },
    breakBy: (by) => {
      choose = by;
    },
    breakNext: (faults, matches = () => true) => {
      const left = [...faults];
      choose = (one) => (matches(one) ? left.shift() : undefined);
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

const CODES = {
  "409": "ConditionalRequestConflict",
  "412": "PreconditionFailed",
  "500": "InternalError",
  "503": "SlowDown",
} as const;

function whatOf(method: string, query: URLSearchParams, key: string): string {
  if (method === "GET" && key === "") return "GET list";
  if (method === "POST" && query.has("uploads")) return "POST begin";
  if (method === "POST" && query.has("uploadId")) return "POST complete";
  if (method === "POST" && query.has("delete")) return "POST delete";
  if (method === "PUT" && query.has("uploadId")) return "PUT part";
  if (method === "DELETE" && query.has("uploadId")) return "DELETE upload";
  return method;
}

async function send(
  { method }: Received,
  response: ServerResponse,
  { status, headers = {}, body = Buffer.alloc(0) }: Answer,
): Promise<void> {
  response.writeHead(status, { ...headers, "content-length": body.length });
  response.end(method === "HEAD" ? undefined : body);
}

async function sendBroken(
  response: ServerResponse,
  { status, headers = {}, body = Buffer.alloc(0) }: Answer,
  fault: Fault,
): Promise<void> {
  const half = body.subarray(0, Math.floor(body.length / 2));
  const said = fault === "short body" ? half : body;
  response.writeHead(status, { ...headers, "content-length": said.length });
  if (fault === "short body") response.end(half);
  if (fault === "cut body") response.write(half, () => response.destroy());
  if (fault === "stalled body") response.write(half);
  if (fault === "flipped body") {
    const flipped = Buffer.from(body);
    if (flipped.length > 0) flipped[0] = (flipped[0] ?? 0) ^ 1;
    response.end(flipped);
  }
  if (fault === "slow body") {
    for (let at = 0; at < body.length; at += Math.ceil(body.length / 5)) {
      response.write(body.subarray(at, at + Math.ceil(body.length / 5)));
      await setTimeout(2);
    }
    response.end();
  }
}

function checkBody({ headers, body }: Received): Answer | undefined {
  const announced = headers["x-amz-checksum-crc32"];
  const isRight = announced === undefined || announced === checksumOf(body);
  return isRight ? undefined : failure(400, "BadDigest");
}

function metadataOf({ headers }: Received): Record<string, string> {
  const prefix = "x-amz-meta-";
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length), String(value)]),
  );
}

function failure(status: number, code: string): Answer {
  return {
    ...xml(`<Error><Code>${code}</Code><Message>The double says so.</Message></Error>`),
    status,
  };
}

function xml(text: string): Answer {
  const body = Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>${text}`);
  return { status: 200, headers: { "content-type": "application/xml" }, body };
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function unescapeXml(text: string): string {
  return text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&apos;", "'")
    .replaceAll("&amp;", "&");
}

function byBytes(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

function md5(bytes: Uint8Array): Buffer {
  return createHash("md5").update(bytes).digest();
}

function checksumOf(bytes: Uint8Array): string {
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(bytes));
  return sum.toString("base64");
}
