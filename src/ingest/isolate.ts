/** One file that the engine cannot read to its end stops no other: it is found, and turned away as a whole. */

import type { Engine } from "../engine/engine.ts";
import { isUnreadable } from "../engine/fault.ts";
import { type InspectedFile, type Refusal, startOf } from "./inspect-files.ts";
import { type Batch, type GroupInput, type GroupResult, loadGroup } from "./load-group.ts";
import type { Group } from "./prepare.ts";

export interface Isolated {
  /** Undefined where no file of the group can be read. */
  readonly result: GroupResult | undefined;
  readonly refused: readonly Refusal[];
  /** Files that went away; they are left for the next run. */
  readonly gone: readonly InspectedFile[];
}

/** Loads the group, if need be without the files that alone fail to be read; throws where the failure has another cause. */
export async function loadReadable(batch: Batch, input: GroupInput): Promise<Isolated> {
  try {
    return { result: await loadGroup(batch, input), refused: [], gone: [] };
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    const { refused, gone } = await findUnreadable(batch.session, input.group);
    if (refused.length + gone.length === 0) throw error;
    const bad = new Set([...refused.map(({ file }) => file), ...gone]);
    const rest = input.group.only((file) => !bad.has(file));
    const result = rest && (await loadGroup(batch, { ...input, group: rest }));
    return { result, refused, gone };
  }
}

async function findUnreadable(session: Engine, group: Group): Promise<Omit<Isolated, "result">> {
  const refused: Refusal[] = [];
  const gone: InspectedFile[] = [];
  for (const file of group.files) {
    const records = group.only((one) => one === file)?.records;
    if (records === undefined) continue;
    try {
      // Every value of every record, and nothing of the contract.
      await session.rows(
        `select count(*) from (select hash(r) as h from ${records.raw.relation} as r) where h is null`,
      );
      await records.forget?.();
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      if (error.code === "engine/file-missing") {
        gone.push(file);
        continue;
      }
      const reason = error.message.split("\n")[0] ?? "";
      const message = `cannot be read: ${reason.slice(0, 500)}`;
      refused.push({ file, message, line: undefined, start: await startOf(file) });
    }
  }
  return { refused, gone };
}
