/** What replaying a log gives: the last word on everything the actions speak of. */

import {
  type Actions,
  type AddFile,
  type DomainMetadata,
  keyOf,
  type MetadataAction,
  type Protocol,
  type RemoveFile,
  type Transaction,
} from "./action.ts";

export interface TableState {
  readonly protocol: Protocol | undefined;
  readonly metadata: MetadataAction | undefined;
  readonly transactions: ReadonlyMap<string, Transaction>;
  readonly domains: ReadonlyMap<string, DomainMetadata>;
  /** Live files by `keyOf`. */
  readonly files: ReadonlyMap<string, AddFile>;
  /** Removed files by `keyOf`: what readers of older versions may still need. */
  readonly tombstones: ReadonlyMap<string, RemoveFile>;
  /** `commitInfo` of the newest commit; unknown where a checkpoint was the last word. */
  readonly info: Readonly<Record<string, unknown>> | undefined;
}

export const EMPTY_STATE: TableState = {
  protocol: undefined,
  metadata: undefined,
  transactions: new Map(),
  domains: new Map(),
  files: new Map(),
  tombstones: new Map(),
  info: undefined,
};

/** Replays commits, oldest first, over a state, which stays as it was. */
export function replay(state: TableState, commits: Iterable<Actions>): TableState {
  let { protocol, metadata, info } = state;
  const transactions = new Map(state.transactions);
  const domains = new Map(state.domains);
  const files = new Map(state.files);
  const tombstones = new Map(state.tombstones);
  for (const actions of commits) {
    protocol = actions.protocol ?? protocol;
    metadata = actions.metadata ?? metadata;
    info = actions.info;
    for (const transaction of actions.transactions)
      transactions.set(transaction.appId, transaction);
    for (const domain of actions.domains) {
      if (domain.removed) domains.delete(domain.domain);
      else domains.set(domain.domain, domain);
    }
    for (const file of actions.removes) {
      const key = keyOf(file);
      files.delete(key);
      tombstones.set(key, file);
    }
    for (const file of actions.adds) {
      const key = keyOf(file);
      tombstones.delete(key);
      files.set(key, file);
    }
  }
  return { protocol, metadata, transactions, domains, files, tombstones, info };
}
