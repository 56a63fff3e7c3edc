/** What other readers cannot do by their own limits. */

import type { Limits } from "./table-kind.ts";

/** Limits of readers, each shown by limit.test.ts on a table that Spark wrote. */
export const LIMITS = {
  mapping: { "delta-rs through pyarrow": /The rows differ/ },
  mappedPartition: { "delta-rs through pyarrow": /The rows differ/, DuckDB: /The rows differ/ },
  v2Checkpoint: { "delta-rs through pyarrow": /reader features: \{[^}]*'v2Checkpoint'/ },
  smallDecimalPartition: { "delta-rs through pyarrow": /'0\.00000000-1' is not a valid decimal/ },
  negativeZero: { Spark: /The rows differ/ },
  vectors: { "delta-rs through pyarrow": /reader features: \{[^}]*'deletionVectors'/ },
  typeWidening: {
    "delta-rs": /TypeWidening/,
    "delta-rs through pyarrow": /typeWidening/,
  },
} as const satisfies Readonly<Record<string, Limits>>;
