/** Types in words, for messages and for telling them apart. */

import type { DataType } from "../schema/type.ts";

/** A nested type's name does not tell what is within. */
export function nameOf(type: DataType): string {
  if (typeof type === "string") return type;
  return type.kind === "decimal" ? `decimal(${type.precision},${type.scale})` : type.kind;
}
