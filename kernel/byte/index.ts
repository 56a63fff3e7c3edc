/** The byte kernel's door: `src/source/byte-kernel.ts` calls these. Bytes are read up to fifteen behind the last. */

import { count } from "../line.ts";
import { find, lines, next } from "./find.ts";
import { parity } from "./quote.ts";
import { sampleAll, sampleEnds } from "./sample.ts";

export { count, find, lines, next, parity, sampleAll, sampleEnds };
