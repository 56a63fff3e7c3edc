/** Failures of a person's SQL told by the file and line in which it was written. */

import { MillraceError } from "../base/error.ts";
import { sqlFaultOf } from "../engine/fault.ts";
import type { Rendered } from "../sql/render.ts";

export interface PlacedSql {
  /** Whose SQL it is, as messages call it. */
  readonly name: string;
  /** Of the error. */
  readonly code: string;
  readonly rendered: Rendered;
  /** Lines of the statement that runs before the first of the rendered text. */
  readonly linesBefore?: number;
}

/** Runs `act`, which runs the SQL, and throws what the engine says of it with its place. */
export async function atItsPlace<T>(
  { name, code, rendered, linesBefore = 0 }: PlacedSql,
  act: () => Promise<T>,
): Promise<T> {
  try {
    return await act();
  } catch (error) {
    const fault = sqlFaultOf(error);
    if (fault === undefined || !(error instanceof MillraceError)) throw error;
    const { text, origins } = rendered;
    const line = fault.place === undefined ? undefined : fault.place.line - linesBefore;
    const origin =
      line === undefined ? origins.find((one) => one !== undefined) : origins[line - 1];
    const place = origin === undefined ? "" : ` at ${origin.file}:${origin.line}`;
    const excerpt = line === undefined ? undefined : text.split("\n")[line - 1]?.trim();
    const shown = excerpt === undefined ? "" : `\n  ${excerpt.slice(0, 200)}`;
    throw new MillraceError(
      `The SQL of ${name} fails${place}: ${fault.message.split("\n\nLINE")[0]}${shown}`,
      { code, hint: error.hint ?? "Mend the SQL there.", cause: error },
    );
  }
}
