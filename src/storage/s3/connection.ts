/** A bucket as the parts of this folder ask it: every request with patience, every failure with words. */

import { type Client, openClient } from "./client.ts";
import { kindOf, storeError } from "./failure.ts";
import type { S3Options, S3Tuning } from "./option.ts";
import { type Patience, persist } from "./retry.ts";

export interface Connection {
  readonly bucket: string;
  /** For messages: `s3://bucket/prefix`. */
  readonly uri: string;
  /** Tells stores apart that have buckets of one name. */
  readonly endpoint: string;
  readonly pieceBytes: number;
  /** Sends a request that may be sent twice, until it is answered. */
  ask<T>(asked: Asked, request: Request<T>): Promise<T>;
  /** Tries what sends requests until it succeeds or fails for good, and throws what was thrown last as it is. */
  persist<T>(signal: AbortSignal | undefined, act: Request<T>): Promise<T>;
  /** Gives up what is under way and ends all connections. */
  close(): Promise<void>;
}

export interface Asked {
  /** A verb, for messages. */
  readonly act: string;
  /** Below the root, for messages. */
  readonly path: string;
  readonly signal?: AbortSignal | undefined;
}

/** Sends the request once; what it reads of the answer's body belongs to the try. */
export type Request<T> = (
  client: Client,
  options: { readonly abortSignal: AbortSignal },
) => Promise<T>;

const ATTEMPTS = 8;
const FIRST_PAUSE_MS = 100;
const SILENCE_MS = 20_000;
const PIECE_BYTES = 8 * 1024 * 1024;

export function connect(
  { bucket, uri }: { readonly bucket: string; readonly uri: string },
  options: S3Options & S3Tuning,
): Connection {
  const { attempts = ATTEMPTS, firstPauseMs = FIRST_PAUSE_MS, silenceMs = SILENCE_MS } = options;
  const patience: Patience = { attempts, firstPauseMs };
  const closing = new AbortController();
  const underWay = new Set<Promise<unknown>>();
  let opened: Promise<Client> | undefined;
  const send = async <T>(signal: AbortSignal | undefined, act: Request<T>): Promise<T> => {
    opened ??= openClient(options, silenceMs);
    const client = await opened;
    const abortSignal = signal ? AbortSignal.any([signal, closing.signal]) : closing.signal;
    const mayPass = (error: unknown): boolean => ["passing", "busy"].includes(kindOf(error));
    return persist(patience, () => act(client, { abortSignal }), { mayPass, signal: abortSignal });
  };
  const persistTracked: Connection["persist"] = (signal, act) => {
    const work = send(signal, act).finally(() => underWay.delete(work));
    underWay.add(work);
    return work;
  };
  return {
    bucket,
    uri,
    endpoint: options.endpoint ?? "aws",
    pieceBytes: options.pieceBytes ?? PIECE_BYTES,
    persist: persistTracked,
    async ask({ act, path, signal }, request) {
      try {
        return await persistTracked(signal, request);
      } catch (error) {
        signal?.throwIfAborted();
        throw storeError(error, { act, path, uri });
      }
    },
    async close() {
      closing.abort(new Error(`Bug: ${uri} was closed while it was in use`));
      await Promise.allSettled(underWay);
      const client = await opened?.catch(() => undefined);
      client?.destroy();
    },
  };
}
