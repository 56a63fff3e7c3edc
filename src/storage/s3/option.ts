/** What can be said about an object store and this machine's copies of its files. */

export interface S3Options {
  /** Of the bucket; left out, what the AWS SDK finds in the environment or the profile. */
  readonly region?: string;
  /** The URL of a store that is not Amazon's. */
  readonly endpoint?: string;
  /** `http://host/bucket/key` in place of `http://bucket.host/key`; as most stores with an `endpoint` need it, so true with one. */
  readonly pathStyle?: boolean;
  /** The folder of the local copies, absolute; one for all lakes of a person. */
  readonly cacheFolder?: string;
  /** What the copies may take in all, but for those in use. */
  readonly cacheBytes?: number;
}

/** What only tests and measurements set. */
export interface S3Tuning {
  /** Tries of one request, and the longest pause before the first repetition. */
  readonly attempts?: number;
  readonly firstPauseMs?: number;
  /** How long a connection may be silent. */
  readonly silenceMs?: number;
  /** Bytes of a piece in which large files are sent and fetched. */
  readonly pieceBytes?: number;
}
