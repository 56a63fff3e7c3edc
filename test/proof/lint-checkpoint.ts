/** What is wrong with a checkpoint: whatever it says that replaying the commits does not, or the other way round. */

import { systemCodeOf } from "../../src/base/error.ts";
import { isJsonObject, type JsonObject, parseJson } from "../../src/base/json.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { propertyOf, sorted } from "./lint-commit.ts";
import { type Action, identityOf, isMissing, type Log } from "./log.ts";
import { apply, emptyState, type State } from "./replay.ts";

/** What a checkpoint holds of a file besides its statistics; more columns repeat these in other types. */
const ADD_FIELDS = [
  "path",
  "partitionValues",
  "size",
  "modificationTime",
  "tags",
  "deletionVector",
  "baseRowId",
  "defaultRowCommitVersion",
  "clusteringProvider",
];

/** `replayed` is the state of the checkpoint's version by the commits alone. */
export function lintCheckpoint(actions: readonly Action[], replayed: State): string[] {
  const found: string[] = [];
  const held = emptyState();
  apply(held, actions);
  const same = (what: string, one: unknown, other: unknown): void => {
    if (sorted(one) !== sorted(other))
      found.push(`${what} is ${sorted(one)} where replay has ${sorted(other)}`);
  };
  same("its protocol", held.protocol, replayed.protocol);
  same("its metadata", held.metaData, replayed.metaData);
  same("its domains", [...held.domains].toSorted(), [...replayed.domains].toSorted());
  const forgets = propertyOf(replayed, "delta.setTransactionRetentionDuration") !== undefined;
  if (!forgets) same("its transactions", versionsOf(held), versionsOf(replayed));
  const adds = actions.filter(({ kind }) => kind === "add");
  if (adds.length !== held.adds.size) found.push("it has a file twice");
  for (const [name, add] of held.adds) {
    const other = replayed.adds.get(name);
    if (other === undefined) found.push(`it adds ${name}, which is not there`);
    else {
      same(name, factsOf(add), factsOf(other));
      // A checkpoint may hold statistics in their own types alone.
      if (isJsonObject(add.stats_parsed) && isMissing(add.stats)) continue;
      same(`the statistics of ${name}`, statisticsOf(add), statisticsOf(other));
    }
  }
  for (const name of replayed.adds.keys()) {
    if (!held.adds.has(name)) found.push(`it lacks ${name}`);
  }
  for (const name of held.removes.keys()) {
    if (!replayed.removes.has(name)) found.push(`it removes ${name}, which was never removed`);
  }
  return found;
}

/** `_last_checkpoint` is only a hint, but what it says of its checkpoint must be so. */
export async function lintHint(
  storage: Storage,
  log: Log,
  counts: ReadonlyMap<number, { readonly actions: number; readonly adds: number }>,
): Promise<string[]> {
  const place = log.files.get("_delta_log/_last_checkpoint")?.path;
  if (place === undefined) return [];
  let value: unknown;
  try {
    value = parseJson(new TextDecoder().decode(await storage.read(place)));
  } catch (error) {
    if (systemCodeOf(error) === "storage/not-found") return [];
    return [`it is no JSON: ${String(error)}`];
  }
  if (!isJsonObject(value)) return ["it is no JSON object"];
  const { version, size, numOfAddFiles } = value;
  const count = counts.get(Number(version));
  if (count === undefined) return [`it names version ${version}, which has no checkpoint`];
  return [
    ...(size !== undefined && size !== count.actions
      ? [`it counts ${size} actions where there are ${count.actions}`]
      : []),
    ...(numOfAddFiles !== undefined && numOfAddFiles !== count.adds
      ? [`it counts ${numOfAddFiles} files where there are ${count.adds}`]
      : []),
  ];
}

/** What a checkpoint must hold of a file as its commit wrote it. */
function factsOf(add: JsonObject): JsonObject {
  const facts = Object.fromEntries(ADD_FIELDS.map((name) => [name, add[name]]));
  const tags = sorted(add.tags ?? {}) === "{}" ? undefined : add.tags;
  return { ...facts, tags, path: identityOf({ path: add.path }) };
}

/** Writers print the text anew, so its value is compared. */
function statisticsOf({ stats }: JsonObject): unknown {
  return typeof stats === "string" ? parseJson(stats) : undefined;
}

function versionsOf({ txns }: State): JsonObject {
  return Object.fromEntries(
    [...txns].toSorted().map(([appId, txn]) => [appId, String(txn.version)]),
  );
}
