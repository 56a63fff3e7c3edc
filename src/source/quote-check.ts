/** Whether every quote of a CSV text opens and closes a field: such a text can be read together with others. */

import type { Dialect } from "./record-walker.ts";
