/** Reading actions: JSON to checked values. */

import { MillraceError } from "../base/error.ts";
import { isJsonObject, type JsonObject, parseJson } from "../base/json.ts";
import {
  type Actions,
  type AddFile,
  type DeletionVector,
  emptyActions,
  type RemoveFile,
} from "./action.ts";

/** Reads JSON lines. Unknown actions are passed over, as the protocol asks; a broken known one is `delta/corrupt-log`. */
export function parseActions(text: string, where: string): Actions {
  const actions = emptyActions();
  let number = 0;
  for (const line of text.split("\n")) {
    number += 1;
    if (line.trim() === "") continue;
    const at = () => `${where}, line ${number}`;
    let value: unknown;
    try {
      value = parseLine(line);
    } catch (error) {
      throw corrupt(at, "is not JSON", error);
    }
    if (!isJsonObject(value)) throw corrupt(at, "is not a JSON object");
    for (const kind of Object.keys(value)) {
      const body = value[kind];
      if (isJsonObject(body)) addAction(actions, kind, body, at);
    }
  }
  return actions;
}

/** Reads the bodies of a checkpoint's adds or removes, which are a JSON list. */
export function parseFileActions(
  list: string,
  kind: "add" | "remove",
  into: Actions,
  where: Where,
): void {
  let bodies: unknown = JSON.parse(list);
  if (Array.isArray(bodies) && bodies.some(mayHaveLost)) bodies = parseJson(list);
  if (!Array.isArray(bodies)) throw corrupt(where, `holds no list of "${kind}"`);
  for (const body of bodies) if (isJsonObject(body)) addAction(into, kind, body, where);
}

/** Nearly all of a large log is file actions: those are looked through for long integers after parsing, which is faster than before. */
function parseLine(line: string): unknown {
  if (!FILE_LINE.test(line)) return parseJson(line);
  const value: unknown = JSON.parse(line);
  return isJsonObject(value) && Object.values(value).some(mayHaveLost) ? parseJson(line) : value;
}

const FILE_LINE = /^\s*\{\s*"(?:add|remove)"/;
const EXACT = ["size", "baseRowId", "defaultRowCommitVersion"];

/** Whether a number that must be exact is beyond what a `number` holds. */
function mayHaveLost(body: unknown): boolean {
  if (!isJsonObject(body)) return false;
  for (const name of EXACT) if (isBeyond(body[name])) return true;
  return isJsonObject(body.deletionVector) && isBeyond(body.deletionVector.cardinality);
}

function isBeyond(value: unknown): boolean {
  return typeof value === "number" && Math.abs(value) > Number.MAX_SAFE_INTEGER;
}

/** Tells where an action stands; asked only when it is broken. */
type Where = () => string;

/** Checks the body of one action and puts it where it belongs. */
export function addAction(actions: Actions, kind: string, body: JsonObject, where: Where): void {
  switch (kind) {
    case "add":
      actions.adds.push(readAdd(body, where));
      break;
    case "remove":
      actions.removes.push(readRemove(body, where));
      break;
    case "txn":
      actions.transactions.push({
        appId: text(body, "appId", where),
        version: BigInt(integer(body, "version", where)),
        ...optional("lastUpdated", body.lastUpdated, toNumber),
      });
      break;
    case "protocol":
      actions.protocol = {
        minReaderVersion: Number(integer(body, "minReaderVersion", where)),
        minWriterVersion: Number(integer(body, "minWriterVersion", where)),
        ...optional("readerFeatures", body.readerFeatures, (list) => texts(list, where)),
        ...optional("writerFeatures", body.writerFeatures, (list) => texts(list, where)),
      };
      break;
    case "metaData":
      actions.metadata = {
        id: text(body, "id", where),
        ...optional("name", body.name, toText),
        ...optional("description", body.description, toText),
        // Whether it parses matters only for the newest one.
        schemaString: toText(body.schemaString) ?? "",
        partitionColumns: texts(body.partitionColumns ?? [], where),
        configuration: textMap(body.configuration, where) as Record<string, string>,
        ...optional("createdTime", body.createdTime, toNumber),
      };
      break;
    case "domainMetadata":
      actions.domains.push({
        domain: text(body, "domain", where),
        configuration: toText(body.configuration) ?? "",
        removed: body.removed === true,
      });
      break;
    case "sidecar":
      actions.sidecars.push({ path: text(body, "path", where) });
      break;
    case "cdc":
      actions.changeData.push({
        path: text(body, "path", where),
        partitionValues: textMap(body.partitionValues, where),
        size: toNumber(body.size) ?? 0,
      });
      break;
    case "commitInfo":
      actions.info = body;
      break;
  }
}

function readAdd(body: JsonObject, where: Where): AddFile {
  const file = {
    path: text(body, "path", where),
    partitionValues: textMap(body.partitionValues, where),
    size: Number(integer(body, "size", where)),
    modificationTime: toNumber(body.modificationTime) ?? 0,
    dataChange: body.dataChange !== false,
  };
  const full = typeof body.stats === "string" ? { ...file, stats: body.stats } : file;
  if (!SELDOM.some((name) => isPresent(body[name]))) return full;
  return {
    ...full,
    ...optional("tags", body.tags, (tags) => textMap(tags, where)),
    ...optional("deletionVector", body.deletionVector, (vector) => readVector(vector, where)),
    ...optional("baseRowId", body.baseRowId, toInteger),
    ...optional("defaultRowCommitVersion", body.defaultRowCommitVersion, toInteger),
    ...optional("clusteringProvider", body.clusteringProvider, toText),
  };
}

/** Without these, which is how most files are, reading an add takes a third of the time. */
const SELDOM = [
  "tags",
  "deletionVector",
  "baseRowId",
  "defaultRowCommitVersion",
  "clusteringProvider",
];

function readRemove(body: JsonObject, where: Where): RemoveFile {
  return {
    path: text(body, "path", where),
    ...optional("deletionTimestamp", body.deletionTimestamp, toNumber),
    dataChange: body.dataChange !== false,
    ...(body.extendedFileMetadata === true ? { extendedFileMetadata: true } : {}),
    ...optional("partitionValues", body.partitionValues, (values) => textMap(values, where)),
    ...optional("size", body.size, toNumber),
    ...optional("deletionVector", body.deletionVector, (vector) => readVector(vector, where)),
    ...optional("baseRowId", body.baseRowId, toInteger),
    ...optional("defaultRowCommitVersion", body.defaultRowCommitVersion, toInteger),
  };
}

/** A vector of nothing but nulls is what an all-null column of a checkpoint looks like; rows must not come back for less. */
function readVector(value: unknown, where: Where): DeletionVector | undefined {
  if (!isJsonObject(value)) throw corrupt(where, "has a deletion vector that is no object");
  if (!Object.values(value).some(isPresent)) return undefined;
  return {
    storageType: text(value, "storageType", where),
    pathOrInlineDv: text(value, "pathOrInlineDv", where),
    ...optional("offset", value.offset, (offset) => Number(integer({ offset }, "offset", where))),
    sizeInBytes: Number(integer(value, "sizeInBytes", where)),
    cardinality: integer(value, "cardinality", where),
  };
}

/** `{ [name]: value }`, or nothing where the log holds null or the wrong kind. */
function optional<const N extends string, T>(
  name: N,
  value: unknown,
  read: (value: unknown) => T | undefined,
): { [K in N]?: T } {
  const result = isPresent(value) ? read(value) : undefined;
  return result === undefined ? {} : ({ [name]: result } as { [K in N]?: T });
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function toText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function toNumber(value: unknown): number | undefined {
  return typeof value === "number" || typeof value === "bigint" ? Number(value) : undefined;
}

function toInteger(value: unknown): number | bigint | undefined {
  return typeof value === "bigint" || Number.isInteger(value)
    ? (value as bigint | number)
    : undefined;
}

/** What decides over how files are read must not be lost for being written wrongly. */
function texts(value: unknown, where: Where): string[] {
  const isList = Array.isArray(value) && value.every((each) => typeof each === "string");
  if (!isList) throw corrupt(where, "has something else where a list of texts should be");
  return value;
}

/** Plain values that stand for texts are taken for them, as other readers do. */
function textMap(value: unknown, where: Where): Record<string, string | null> {
  if (!isPresent(value)) return {};
  if (!isJsonObject(value))
    throw corrupt(where, "has something else where texts by name should be");
  const odd = Object.entries(value).filter(([, each]) => each !== null && typeof each !== "string");
  if (odd.length === 0) return value as Record<string, string | null>;
  const nested = odd.find(([, each]) => typeof each === "object");
  if (nested !== undefined) throw corrupt(where, `has something nested as "${nested[0]}"`);
  return {
    ...value,
    ...Object.fromEntries(odd.map(([name, each]) => [name, String(each)])),
  } as Record<string, string | null>;
}

function text(body: JsonObject, name: string, where: Where): string {
  const value = body[name];
  if (typeof value !== "string") throw corrupt(where, `lacks the text "${name}"`);
  return value;
}

function integer(body: JsonObject, name: string, where: Where): bigint | number {
  const value = toInteger(body[name]);
  if (value === undefined) throw corrupt(where, `lacks the number "${name}"`);
  return value;
}

function corrupt(where: Where, what: string, cause?: unknown): MillraceError {
  return new MillraceError(`The Delta log is damaged: ${where()} ${what}.`, {
    code: "delta/corrupt-log",
    hint: "Restore the file from a backup, or read an older version of the table.",
    cause,
  });
}
