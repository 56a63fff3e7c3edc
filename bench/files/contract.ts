/** The contracts that Millrace is measured with, and which flaws each of them must turn away. */

import { join } from "node:path";
import { FLAWS, type Format } from "./order.ts";

/** `checked`: types, ranges, a pattern, a rule; `typed`: strict types; `text`: any text in any column. */
export type Contract = "checked" | "typed" | "text";

/** By their place among the flaws. The first five are no values of their types; 2 and 3 are no record of texts either. */
export function refusedFlaws(contract: Contract): readonly number[] {
  if (contract === "checked") return FLAWS.map((_, index) => index);
  return contract === "typed" ? [0, 1, 2, 3, 4] : [2, 3];
}

/** The folder of the project with this contract, beside the package that runs it. */
export function projectOf(root: string, format: Format, contract: Contract): string {
  return join(root, "bench", "project", `${format}-${contract}`);
}
