/** The state that a log's actions add up to, kept as the bodies of the actions. */

import type { JsonObject } from "../../src/base/json.ts";
import { type Action, identityOf } from "./log.ts";

export interface State {
  protocol?: JsonObject;
  metaData?: JsonObject;
  readonly txns: Map<string, JsonObject>;
  readonly domains: Map<string, JsonObject>;
  /** Live files by identity. */
  readonly adds: Map<string, JsonObject>;
  readonly removes: Map<string, JsonObject>;
}

export function emptyState(): State {
  return { txns: new Map(), domains: new Map(), adds: new Map(), removes: new Map() };
}

/** Changes the state; within a commit removes come before adds. */
export function apply(state: State, actions: readonly Action[]): void {
  const ofKind = (kind: string): JsonObject[] =>
    actions.filter((action) => action.kind === kind).map(({ body }) => body);
  for (const body of ofKind("protocol")) state.protocol = body;
  for (const body of ofKind("metaData")) state.metaData = body;
  for (const body of ofKind("txn")) state.txns.set(String(body.appId), body);
  for (const body of ofKind("domainMetadata")) {
    if (body.removed === true) state.domains.delete(String(body.domain));
    else state.domains.set(String(body.domain), body);
  }
  for (const body of ofKind("remove")) {
    state.adds.delete(identityOf(body));
    state.removes.set(identityOf(body), body);
  }
  for (const body of ofKind("add")) {
    state.removes.delete(identityOf(body));
    state.adds.set(identityOf(body), body);
  }
}
