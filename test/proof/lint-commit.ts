/** What is wrong with one commit, by itself and after all that came before it. */

import { isJsonObject, type JsonObject, renderJson } from "../../src/base/json.ts";
import { type Commit, identityOf, isMissing } from "./log.ts";
import type { State } from "./replay.ts";

/** `before` is the state that the commit was made on; undefined where the log before it is gone. */
export function lintCommit(commit: Commit, before: State | undefined): string[] {
  const found = lintAlone(commit);
  if (before === undefined) return found;
  return [...found, ...lintFiles(commit, before), ...lintTransactions(commit, before)];
}

function lintAlone({ version, actions }: Commit): string[] {
  const found: string[] = [];
  const bodies = (kind: string) =>
    actions.filter((one) => one.kind === kind).map((one) => one.body);
  for (const kind of ["protocol", "metaData", "commitInfo"]) {
    if (bodies(kind).length > 1) found.push(`it has ${bodies(kind).length} actions ${kind}`);
  }
  const twice = (what: string, names: readonly string[]): void => {
    for (const name of names.filter((one, index) => names.indexOf(one) !== index)) {
      found.push(`it has two ${what} ${name}`);
    }
  };
  twice(
    "transactions of",
    bodies("txn").map(({ appId }) => String(appId)),
  );
  twice(
    "domains",
    bodies("domainMetadata").map(({ domain }) => String(domain)),
  );
  twice(
    "adds of",
    bodies("add").map(({ path }) => String(path)),
  );
  twice("removes of", bodies("remove").map(identityOf));
  const removed = new Set(bodies("remove").map(identityOf));
  for (const add of bodies("add").map(identityOf)) {
    if (removed.has(add)) found.push(`it adds and removes ${add}`);
  }
  if (version === 0) {
    for (const kind of ["protocol", "metaData"]) {
      if (bodies(kind).length === 0) found.push(`it begins the table without ${kind}`);
    }
  }
  for (const { path, dataChange } of bodies("cdc")) {
    if (!String(path).startsWith("_change_data/")) found.push(`${path} is no place for changes`);
    if (dataChange !== false) found.push(`the changes in ${path} count as data`);
  }
  return found;
}

function lintFiles({ actions }: Commit, before: State): string[] {
  const found: string[] = [];
  const livePaths = new Map([...before.adds.values()].map((add) => [String(add.path), add]));
  const isAppendOnly = propertyOf(before, "delta.appendOnly") === "true";
  for (const { kind, body } of actions) {
    if (kind === "remove") {
      const add = before.adds.get(identityOf(body));
      found.push(...lintRemove(body, add));
      if (isAppendOnly && body.dataChange === true) {
        found.push(`it removes rows of ${identityOf(body)} from an append-only table`);
      }
      livePaths.delete(String(body.path));
    }
  }
  for (const { kind, body } of actions) {
    if (kind === "add" && livePaths.has(String(body.path))) {
      found.push(`it adds ${identityOf(body)}, whose path is there already`);
    }
  }
  return found;
}

function lintRemove(remove: JsonObject, add: JsonObject | undefined): string[] {
  const name = identityOf(remove);
  if (add === undefined) return [`it removes ${name}, which is not there`];
  const found: string[] = [];
  if (isMissing(remove.deletionTimestamp)) found.push(`the remove of ${name} has no time`);
  if (remove.extendedFileMetadata === true) {
    if (sorted(remove.partitionValues) !== sorted(add.partitionValues)) {
      found.push(`the remove of ${name} has other partition values than its add`);
    }
    if (Number(remove.size) !== Number(add.size))
      found.push(`the remove of ${name} has another size`);
  }
  return found;
}

function lintTransactions({ actions }: Commit, before: State): string[] {
  return actions
    .filter(({ kind }) => kind === "txn")
    .flatMap(({ body }) => {
      const last = before.txns.get(String(body.appId));
      const rises =
        last === undefined || BigInt(String(last.version)) < BigInt(String(body.version));
      return rises
        ? []
        : [`the transaction of ${body.appId} goes from ${last?.version} to ${body.version}`];
    });
}

/** A table property. */
export function propertyOf({ metaData }: State, name: string): string | undefined {
  const configuration = metaData?.configuration;
  const value = isJsonObject(configuration) ? configuration[name] : undefined;
  return typeof value === "string" ? value : undefined;
}

/** JSON with its members in the order of their names, and without those that are null. */
export function sorted(value: unknown): string {
  const order = (one: unknown): unknown => {
    if (Array.isArray(one)) return one.map(order);
    if (!isJsonObject(one)) return one;
    const members = Object.entries(one).filter(([, member]) => !isMissing(member));
    return Object.fromEntries(
      members
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, member]) => [name, order(member)]),
    );
  };
  return renderJson(order(value));
}
