/** The storage socket: files by path below one root, with the one atomic act that commits need. */

export interface StoredFile {
  /** Relative to the root, `/` between folders, not encoded. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly modified: Date;
  /** What an object store calls the content by; another one after every change. */
  readonly etag?: string;
}

/** Paths are relative to the root and never leave it. Failures are MillraceErrors `storage/...`. */
export interface Storage {
  /** Where the root is, for messages. */
  readonly uri: string;
  /** The whole file; `storage/not-found` where there is none. */
  read(path: string): Promise<Uint8Array>;
  /** All files below a folder, sorted by path; a missing folder is empty. With `after`, only paths greater than it, and the rest costs nothing. */
  list(folder: string, options?: { readonly after?: string }): AsyncIterable<StoredFile>;
  /** Names of the folders that stand directly in a folder, sorted; what is in them costs nothing. */
  listFolders(folder: string): Promise<string[]>;
  /** Creates the file whole and durable, or returns false and changes nothing where it exists already. Atomic against every other writer. */
  create(path: string, bytes: Uint8Array): Promise<boolean>;
  /** Creates or replaces the file whole: a reader sees the old bytes or the new. */
  replace(path: string, bytes: Uint8Array): Promise<void>;
  /** Takes over a finished local file under a path that is new; durable when it returns. The local file is gone afterwards. */
  adopt(localFile: string, path: string): Promise<void>;
  /** Removes the file if it is there. */
  remove(path: string): Promise<void>;
  /** Removes those of the files that are there. What a failure leaves behind is found by trying again. */
  removeMany(paths: readonly string[]): Promise<void>;
  /** Where this machine's programs can read the file, until `close`; with `etag` only that content, else `storage/changed`. */
  localPath(path: string, options?: { readonly etag?: string | undefined }): Promise<string>;
  /** A new empty folder of this machine beside the data, for files that `adopt` takes over later. */
  openStaging(): Promise<Staging>;
  /** The same files for one piece of work: `close` ends only it, and `signal` its transfers, though never a commit under way. */
  forWork(signal?: AbortSignal): Storage;
  /** Lets go of connections and local copies; afterwards nothing may be asked. */
  close(): Promise<void>;
}

export interface Staging {
  readonly folder: string;
  /** Removes the folder and all that is left in it. */
  close(): Promise<void>;
}
