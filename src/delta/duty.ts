/** How a table wants its rows to be changed: a property counts only where the protocol has its feature. */

import type { Protocol } from "./action.ts";
import { type Configuration, isOn } from "./property.ts";
import { hasFeature } from "./protocol.ts";

/** True where rows may be deleted by vectors beside the data files instead of new files. */
export function hidesRows(protocol: Protocol, configuration: Configuration): boolean {
  return (
    protocol.minReaderVersion >= 3 &&
    hasFeature(protocol, "deletionVectors") &&
    isOn(configuration, "delta.enableDeletionVectors")
  );
}

/** True where a commit that changes rows has to say which. */
export function keepsChangeFeed(protocol: Protocol, configuration: Configuration): boolean {
  return (
    hasFeature(protocol, "changeDataFeed") && isOn(configuration, "delta.enableChangeDataFeed")
  );
}
