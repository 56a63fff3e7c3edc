/** The source socket: what yields raw records in batches, each with the position up to which it reaches. */

/**
 * How far a source has been read. The incarnation names the thing itself (topic id, system identifier
 * and slot, path and content), so that a thing made anew under an old name is read from its beginning.
 * Offsets grow within `source`, `incarnation`, `partition`.
 */
export interface Position {
  readonly source: string;
  readonly incarnation: string;
  readonly partition: string;
  /** The last record, file or byte that the batch holds. */
  readonly offset: bigint;
}

/** Raw records, not yet checked, in a form that an engine reads by itself. */
export interface Batch {
  readonly records: RawRecords;
  /** One per partition that the batch touches. */
  readonly positions: readonly Position[];
  /** After this batch the source holds nothing more for now. */
  readonly last: boolean;
}

export interface RawRecords {
  readonly format: "csv" | "ndjson" | "staged";
  /** Absolute paths on this machine; they stay until the batch is done. */
  readonly paths: readonly string[];
}

export interface SourceCapabilities {
  /** True where offsets follow the order in which records came, so that a position can stand for all before it. */
  readonly ordered: boolean;
  /** True where an old position can be asked for again. */
  readonly replayable: boolean;
}

/** An adapter is a function that returns one of these. */
export interface SourceReader {
  readonly name: string;
  readonly capabilities: SourceCapabilities;
  /** Batches after the given positions, until the source is drained or the signal aborts. */
  read(after: readonly Position[], signal: AbortSignal): AsyncIterable<Batch>;
  /** Tells the source that all up to the positions is committed; it may forget it. */
  acknowledge(positions: readonly Position[]): Promise<void>;
  close(): Promise<void>;
}
