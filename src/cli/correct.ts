/** What `delete` and `update` have in common: the rows are counted, asked about, and changed. */

import type { CorrectionOptions } from "../run/correction.ts";
import { checkText } from "./arguments.ts";
import { canAsk, confirm } from "./confirm.ts";
import type { CommandContext } from "./context.ts";
import { withTables } from "./place.ts";
import { plural } from "./quantity.ts";
import { readAddress } from "./table-name.ts";

interface Words {
  /** Of the question: `Delete`. */
  readonly act: string;
  /** `deleted`. */
  readonly done: string;
  /** What to know afterwards. */
  readonly remark?: (table: string) => string;
}

export async function correct(
  context: CommandContext,
  { act, done, remark }: Words,
  set?: CorrectionOptions["set"],
): Promise<number> {
  const { output, args, stop } = context;
  const [text = ""] = args.positionals;
  const address = readAddress(text);
  const options = {
    where: checkText(args, "where"),
    force: args.has("force"),
    ...(set === undefined ? {} : { set }),
  };
  const isDry = args.has("dry-run");
  return withTables(context, async (place) => {
    const { findCorrection } = await import("../run/correction.ts");
    const found = await findCorrection({ place, signal: stop.signal }, address, options);
    const rows = plural(found.rows, "row");
    const isMeant = !isDry && (args.has("yes") || canAsk(context));
    const isDone =
      isMeant &&
      (found.rows === 0 ||
        args.has("yes") ||
        (await confirm(context, `${act} ${rows} of ${text}?`)));
    const after = isDone ? await found.apply() : found;
    if (output.isJson) {
      await output.document({
        table: text,
        dry_run: !isDone,
        rows: after.rows,
        version: after.version,
      });
    } else if (!isDone || after.rows === 0) {
      await output.result(`${rows} of ${text} would be ${done}.\n`);
      if (isMeant) output.remark("nothing was changed");
      else if (!isDry) output.remark("nothing was changed: --yes does it");
    } else {
      const changed = plural(after.rows, "row");
      await output.result(`${changed} of ${text} ${done}: version ${after.version}.\n`);
      if (remark !== undefined) output.remark(remark(text));
    }
    return 0;
  });
}
