/** `millrace delete`: deletes rows of a table; counts them first. */

import type { Command } from "../context.ts";
import { correct } from "../correct.ts";

export const command: Command = (context) =>
  correct(context, {
    act: "Delete",
    done: "deleted",
    remark: (table) =>
      `older versions and files on disk hold them until they are vacuumed: millrace vacuum ${table}`,
  });
