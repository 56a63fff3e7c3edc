/** Files of one shape as raw records that a contract can judge: what the adapter of each format gives. */

import type { CsvReject } from "../source/broken-line.ts";
import type { CsvDialect } from "../source/csv-record.ts";
import type { FoundFile } from "../source/discover.ts";
import type { Compression } from "../source/file-source.ts";
import type { Inspection } from "../source/inspect.ts";
import type { LineSet } from "../source/line-set.ts";
import type { SieveColumn } from "../source/sieve/column.ts";
import type { HeldLines, SieveDialect } from "../source/sieve/held-line.ts";
import type { PartPaths } from "../source/sieve/sift-part.ts";
import type { UnfitRecord } from "../source/unfit-record.ts";
import { quoteText } from "../sql/quote.ts";
import type { IngestDefinition } from "./asset.ts";
import type { RawLayer } from "./contract.ts";
import type { SieveDemand } from "./sieve-demand.ts";

/** A file that is to be loaded, with what its bytes told. */
export interface InputFile {
  readonly found: FoundFile;
  readonly inspection: Inspection;
  /** Where the engine reads it: the file itself, or a staged copy in a form that it can read. */
  readonly readPath: string;
  /** Records that were taken out before the engine reads, as they stand in the file at `path`. */
  readonly removed?: RemovedRecords | undefined;
  /** Where it holds only some lines of the file: which one of the file a line of it is, both counted from 1. */
  readonly lineOf?: ((line: number) => number) | undefined;
}

export interface RemovedRecords {
  readonly path: string;
  readonly compression: Compression | undefined;
  readonly unfit: readonly UnfitRecord[];
  /** The same as rejects. */
  readonly rejects: readonly CsvReject[];
}

/** Records that the reader itself turned away, as NDJSON lines `{ file, line, raw, rule, message }`. */
export interface BrokenRecords {
  readonly path: string;
  readonly count: number;
  /** Of the longest line of that file. */
  readonly longestBytes: number;
  /** The names of the file's columns in its order, so that a mended line can be read again. */
  readonly names: readonly string[];
  /** How a line is cut into fields, where it is. */
  readonly dialect?: CsvDialect;
}

/** What did not pass of a part of a file. */
export interface HeldPart {
  readonly input: InputFile;
  /** To be added to the number of a line. */
  readonly linesBefore: number;
  readonly paths: PartPaths;
  readonly broken: HeldLines["broken"];
}

/** What the sieve is told. */
export interface Through {
  readonly dialect: SieveDialect;
  readonly columns: readonly SieveColumn[];
  /** SQL of `~r0` ..., with the types that are asked for, over the columns that are read: each is `~c` and its place. */
  readonly taken: readonly string[];
}

/** How lines of these files pass the sieve, and how what passed is read. */
export interface Sieve {
  /** Lines before the first record. */
  readonly headerLines: number;
  /** Undefined where a sieve would save nothing, or a record must be kept as a whole. */
  through(demands: readonly SieveDemand[], extra: IngestDefinition["extra"]): Through | undefined;
  /** Records of lines that did not pass. */
  held(parts: readonly HeldPart[]): Records;
  /** Of files with the headers of these, and their odd lines; left out where no line is odd. */
  odd?(files: readonly InputFile[]): Records;
}

/**
 * Records of files that one statement can read. A bad row is carried on in one struct column `~carried`:
 * `raw` (the record in the adapter's own form), `file` (the path that was read), what else the reader knows
 * of its place, and its `reasons` where they are known. Where it `needsLines`, `line` joins them later.
 */
export interface Records {
  readonly files: readonly InputFile[];
  /** The raw layer over the files themselves. */
  readonly raw: RawLayer;
  /** SQL of `~carried` over the raw layer. */
  readonly carried: string;
  /** The same layer over a relation that has `~carried`. */
  again(relation: string): RawLayer;
  /** The JSON text of the record over the raw layer, for people and for replay. */
  readonly rawJson: string;
  /** The JSON text of the enclosing objects over the raw layer, where the format has them. */
  readonly context?: string;
  /** True where `line` of a carried row is not known yet. */
  readonly needsLines: boolean;
  /** Physical lines of carried rows of one file, in the order given and none that is taken; undefined where one cannot be found. */
  lines(
    path: string,
    raws: readonly unknown[],
    taken: Pick<LineSet, "has">,
  ): Promise<readonly (number | undefined)[]>;
  /** True where a record that cannot be read is one of the bad rows too, without `raw`. */
  readonly countsBroken: boolean;
  /** True where most are bad, so that each is explained at once instead of being read again for its reasons. */
  readonly areMostlyBad?: boolean;
  /** True where a record is a row of cells, so that a dot in a name leads nowhere. */
  readonly isFlat: boolean;
  /** Where each line of each file is a record, and none is too long for the sieve. */
  readonly sieve?: Sieve | undefined;
  /** Throws away what the reader turned away so far. */
  forget?(): Promise<void>;
  /** True where `broken` runs no statement on the session of the load, and may be asked for beside others. */
  readonly findsBrokenAside?: boolean;
  /** After the read: what the reader itself turned away. `bad` is the relation of bad rows, each with `~carried`. */
  broken(folder: string, bad: string | undefined): Promise<BrokenRecords | undefined>;
}

/** The expressions of file, line and place over the columns `~file`, `~line` and `~place`. */
export function positionsOf(
  files: readonly InputFile[],
): Pick<RawLayer, "file" | "line" | "place"> {
  const [first] = files;
  const paths = files.map(({ readPath }) => quoteText(readPath)).join(", ");
  const names = files.map(({ found }) => quoteText(found.name)).join(", ");
  const file =
    files.length === 1 && first !== undefined
      ? quoteText(first.found.name)
      : `map([${paths}], [${names}])["~file"]`;
  const line = `"~line"`;
  return { file, line, place: `${file} || coalesce(' ' || "~place", ':' || ${line}, '')` };
}

/** Where a row stands, out of `~carried`, for formats whose lines are found afterwards. */
export const UNPACKED_LINE: readonly string[] = [
  `"~carried".file as "~file"`,
  `"~carried".line as "~line"`,
  `null::varchar as "~place"`,
];
