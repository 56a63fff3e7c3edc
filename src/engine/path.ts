/** How a file is named in SQL, where DuckDB reads paths as patterns. */

import { quoteText } from "../sql/quote.ts";

/** A literal for `read_parquet` and the like that matches this file alone. */
export function quotePath(path: string): string {
  return quoteText(path.replace(/[[*?]/g, "[$&]"));
}
