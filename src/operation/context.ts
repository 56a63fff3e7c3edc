/** What every operation on a Delta table works with. */

import type { DeltaContext } from "../delta/table.ts";
import type { Engine } from "../engine/engine.ts";

export interface TableContext {
  readonly delta: DeltaContext;
  /** A session of its own for the operation; the caller closes it. */
  readonly engine: Engine;
  readonly signal?: AbortSignal;
}
