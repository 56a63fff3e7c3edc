/** Chosen files looked into: what can be loaded, what is turned away, what was loaded before under another name. */

import { parseDuration } from "../base/duration.ts";
import { systemCodeOf } from "../base/error.ts";
import { mapInOrder } from "../base/parallel.ts";
import type { StepContext } from "../lake/step.ts";
import type { LoadedFile } from "../lake/step-info.ts";
import { readStart } from "../source/content.ts";
import { fetchObject } from "../source/discover-object.ts";
import type { CsvOptions } from "../source/file-source.ts";
import { type Inspection, type InspectOptions, inspectFile } from "../source/inspect.ts";
import { settle } from "../source/settle.ts";
import { isObjectPlace } from "../storage/place.ts";
import type { ChosenFile, Loaded } from "./choose.ts";

/** How long a file must have been left alone where nobody said. */
const DEFAULT_SETTLE = "2 s";
const AT_ONCE = 2;
const FETCHED_AT_ONCE = 8;
const START_BYTES = 1000;

export interface InspectedFile extends ChosenFile {
  readonly inspection: Inspection;
}

/** A file that is turned away as a whole. */
export interface Refusal {
  readonly file: InspectedFile;
  readonly message: string;
  readonly line: number | undefined;
  readonly start: string;
}

export interface Inspected {
  readonly files: readonly InspectedFile[];
  readonly refused: readonly Refusal[];
  /** Files to remember without loading them: the same content as before, or as another file. */
  readonly same: readonly {
    readonly file: InspectedFile;
    readonly state: "loaded" | "duplicate" | "refused";
  }[];
  /** Names of files that still change and are left for the next run. */
  readonly left: readonly string[];
}

export async function inspectFiles(
  context: StepContext,
  chosen: readonly ChosenFile[],
  { byName, byHash }: Loaded,
  isReplaced: boolean,
): Promise<Inspected> {
  const isObject = ({ found }: ChosenFile): boolean => isObjectPlace(found.path);
  const settled = [
    ...(await settleAll(
      context,
      chosen.filter((file) => !isObject(file)),
    )),
    ...(await fetchAll(context, chosen.filter(isObject))),
  ];
  const inspections = await mapInOrder(settled, AT_ONCE, (file) => inspect(context, file));
  const files: InspectedFile[] = [];
  const refused: Refusal[] = [];
  const same: { file: InspectedFile; state: "loaded" | "duplicate" | "refused" }[] = [];
  const ready = new Set(settled.map(({ found }) => found.name));
  const left = chosen.map(({ found }) => found.name).filter((name) => !ready.has(name));
  const inThisBatch = new Map<string, string>();
  for (const file of inspections) {
    const { found, inspection, source } = file;
    const { problem } = inspection;
    if (problem?.unsettled === true) {
      context.note(`${found.name} ${problem.message}; it is left for the next run`);
      left.push(found.name);
      continue;
    }
    const before = byName.get(found.name);
    if (!isReplaced && before !== undefined && before.hash === inspection.hash) {
      same.push({ file, state: before.state as "loaded" });
      continue;
    }
    const takenHash = isReplaced ? undefined : before?.takenHash;
    if (takenHash === inspection.hash) {
      context.note(`${found.name} is again what was loaded before`);
      same.push({ file, state: "loaded" });
      continue;
    }
    if (problem !== undefined) {
      const start = await startOf(file);
      refused.push({ file, message: problem.message, line: problem.line, start });
      continue;
    }
    if (takenHash !== undefined && source.options.changed === "reject") {
      const message = "has other content than when it was loaded, and changed files are rejected";
      refused.push({ file, message, line: undefined, start: await startOf(file) });
      continue;
    }
    const twin =
      inThisBatch.get(inspection.hash) ?? (isReplaced ? undefined : byHash.get(inspection.hash));
    if (
      twin !== undefined &&
      twin !== found.name &&
      !inspection.empty &&
      source.options.duplicates !== "load"
    ) {
      context.note(`${found.name} has the same content as ${twin} and is not loaded again`);
      same.push({ file, state: "duplicate" });
      continue;
    }
    if (takenHash !== undefined)
      context.note(`${found.name} has changed and is loaded as a new version`);
    if (inspection.empty) context.note(`${found.name} is empty`);
    inThisBatch.set(inspection.hash, found.name);
    files.push(file);
  }
  return { files, refused, same, left };
}

/** What may happen to an object between its listing and its reading. */
const PASSED_BY: Readonly<Record<string, string>> = {
  "storage/not-found": "went away before it was read",
  "storage/changed": "was replaced while it was read",
};

/** Copies of objects on this machine; an object is never half written. */
async function fetchAll(
  context: StepContext,
  chosen: readonly ChosenFile[],
): Promise<ChosenFile[]> {
  const fetched = await mapInOrder(chosen, FETCHED_AT_ONCE, async (file) => {
    try {
      return [{ ...file, found: await fetchObject(file.found, context.lake.stores) }];
    } catch (error) {
      const what = PASSED_BY[systemCodeOf(error) ?? ""];
      if (what === undefined) throw error;
      context.note(`${file.found.name} ${what}; it is left for the next run`);
      return [];
    }
  });
  return fetched.flat();
}

async function settleAll(
  context: StepContext,
  chosen: readonly ChosenFile[],
): Promise<ChosenFile[]> {
  const { clock } = context.lake;
  const bySettle = Map.groupBy(chosen, ({ source }) =>
    parseDuration(source.options.settle ?? DEFAULT_SETTLE),
  );
  const groups = await Promise.all(
    [...bySettle].map(async ([settleMs, files]) => {
      const result = await settle(
        files.map(({ found }) => found),
        { settleMs, clock, signal: context.signal },
      );
      for (const { file, message } of result.unsettled)
        context.note(`${file.name} ${message}; it is left for the next run`);
      const ready = new Map(result.settled.map((found) => [found.name, found]));
      return files.flatMap((file) => {
        const found = ready.get(file.found.name);
        return found === undefined ? [] : [{ ...file, found }];
      });
    }),
  );
  return groups.flat();
}

async function inspect({ signal }: StepContext, file: ChosenFile): Promise<InspectedFile> {
  const { source, found } = file;
  const inspection = await inspectFile(found.path, {
    format: source.format,
    compression: source.options.compression,
    ...(source.format === "csv" ? csvOptions(source.options) : {}),
    signal,
  });
  return { ...file, inspection };
}

function csvOptions({
  encoding,
  quote = '"',
}: CsvOptions): Pick<InspectOptions, "encoding" | "quote"> {
  return { encoding, quote };
}

/** The first bytes as text that every tool can show. */
export async function startOf({ found, inspection }: InspectedFile): Promise<string> {
  const { compression } = inspection;
  const bytes = await readStart(found.path, START_BYTES, { compression }).catch(() =>
    readStart(found.path, START_BYTES).catch(() => Buffer.alloc(0)),
  );
  return bytes.toString("utf8").replaceAll("\0", "\ufffd");
}

/** What is remembered of a file. */
export function loadedFile(
  { label, found, inspection }: InspectedFile,
  state: LoadedFile["state"],
): LoadedFile {
  return {
    source: label,
    file: found.name,
    size: found.sizeBytes,
    modified: found.modifiedMs,
    hash: inspection.hash,
    state,
  };
}
