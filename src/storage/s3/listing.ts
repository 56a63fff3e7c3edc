/** Listings, page by page; each page is asked for when the one before it is used up. */

import type { ListObjectsV2CommandInput, ListObjectsV2CommandOutput } from "@aws-sdk/client-s3";
import { MillraceError } from "../../base/error.ts";
import type { StoredFile } from "../storage.ts";
import type { Connection } from "./connection.ts";
import { DamagedAnswer } from "./failure.ts";

export interface Listing {
  /** The folder below the root, for messages. */
  readonly path: string;
  /** Of the keys, with its slash. */
  readonly prefix: string;
  /** Keys up to and including this one are not listed. */
  readonly after?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ListedObject extends Omit<StoredFile, "path"> {
  readonly key: string;
}

/** All objects below the prefix in the order of their keys' bytes, without those that only mark a folder. */
export async function* listObjects(
  connection: Connection,
  { path, prefix, after, signal }: Listing,
): AsyncGenerator<ListedObject> {
  const from = Buffer.from(after ?? "");
  let last = Buffer.alloc(0);
  // Some stores do not keep the beginning in the token, so each page names it.
  const query = { Prefix: prefix, ...(after === undefined ? {} : { StartAfter: after }) };
  for await (const { Contents = [] } of pages(connection, query, { path, signal })) {
    for (const { Key: key = "", Size = 0, LastModified, ETag } of Contents) {
      const bytes = Buffer.from(key);
      if (Buffer.compare(bytes, last) <= 0) throw unsorted(connection, key);
      last = bytes;
      if (key.endsWith("/") || Buffer.compare(bytes, from) <= 0) continue;
      const modified = LastModified ?? new Date(0);
      yield { key, sizeBytes: Size, modified, ...(ETag === undefined ? {} : { etag: ETag }) };
    }
  }
}

/** Names of what stands directly below the prefix with more below it, sorted. */
export async function listPrefixes(
  connection: Connection,
  { path, prefix, signal }: Listing,
): Promise<string[]> {
  const names = new Set<string>();
  for await (const page of pages(
    connection,
    { Prefix: prefix, Delimiter: "/" },
    { path, signal },
  )) {
    for (const { Prefix = "" } of page.CommonPrefixes ?? [])
      names.add(Prefix.slice(prefix.length, -1));
  }
  return [...names].filter((name) => name !== "").toSorted();
}

type Query = Omit<ListObjectsV2CommandInput, "Bucket" | "ContinuationToken">;

async function* pages(
  { ask, bucket }: Connection,
  query: Query,
  { path, signal }: Pick<Listing, "path" | "signal">,
): AsyncGenerator<ListObjectsV2CommandOutput> {
  const asked = { act: "list", path, signal };
  let next: string | undefined;
  do {
    const from = next === undefined ? {} : { ContinuationToken: next };
    const page = await ask(asked, async (client, options) => {
      const answer = await client.listObjectsV2({ Bucket: bucket, ...query, ...from }, options);
      // Taken for the last page, it would silently hide the rest.
      if (answer.IsTruncated && !answer.NextContinuationToken)
        throw new DamagedAnswer("a page of a listing tells of more and not where");
      return answer;
    });
    yield page;
    next = page.IsTruncated ? page.NextContinuationToken : undefined;
  } while (next !== undefined);
}

/** A log is read in the order of its listing; a store that lists in another order would be read wrongly. */
function unsorted({ uri }: Connection, key: string): MillraceError {
  return new MillraceError(`The store of ${uri} lists ${key} out of order`, {
    code: "storage/unsorted-listing",
    hint: "Directory buckets (S3 Express One Zone) and some gateways list so; use a general purpose bucket.",
  });
}
