/** Files that were turned away whole, read again under the contract of now. */

import type { LoadedFile, SourceLedger } from "../lake/step-info.ts";
import type { WrittenFile } from "../schema/table-files.ts";
import { quoteText } from "../sql/quote.ts";
import { chooseFiles } from "./choose.ts";
import { inspectFiles, loadedFile } from "./inspect-files.ts";
import { type GroupResult, loadGroup } from "./load-group.ts";
import type { LabelledFiles } from "./merge-winner.ts";
import { type Group, prepareFiles } from "./prepare.ts";
import type { ReplayCount, ReplayInput, SourceInput } from "./replay-entry.ts";

interface WholeFiles {
  readonly tried: number;
  /** Entries of files that can be read now, whatever becomes of their rows. */
  readonly passing: number;
  readonly good: readonly WrittenFile[];
  readonly labelled: readonly LabelledFiles[];
  readonly rejects: readonly WrittenFile[];
  readonly ledger: readonly SourceLedger[];
  readonly reasons: readonly ReplayCount[];
  readonly files: readonly LoadedFile[];
  readonly passed: string | undefined;
}

/** Files that were turned away whole and are still there as they were: read again under the contract of now. */
export async function replayFiles(
  input: ReplayInput,
  {
    entries,
    contract,
    target,
    earlier,
  }: Pick<SourceInput, "entries" | "contract" | "target" | "earlier">,
): Promise<WholeFiles> {
  const { context, asset, session, folder } = input;
  const { definition } = asset;
  const rows = await session.rows(
    `select id, file, context as hash, reasons[1].message as message from ${entries} where form = 'file'`,
  );
  const wanted = new Map(rows.map((row) => [String(row.file), String(row.hash)]));
  const chosen = (await chooseFiles(context, asset, { all: true })).files.filter(({ found }) =>
    wanted.has(found.name),
  );
  const fresh = { byName: new Map(), byHash: new Map() };
  const { files } = await inspectFiles(context, chosen, fresh, false);
  const same = files.filter(({ found, inspection }) => wanted.get(found.name) === inspection.hash);
  const prepared = await prepareFiles(
    { context, session, folder, definition, read: contract.read },
    same,
  );
  const batch = { context, asset, session, folder, files: same, refused: [], isReplaced: false };
  const results: (GroupResult & { readonly group: Group })[] = [];
  for (const group of prepared.groups) {
    const before = [...earlier, ...results.flatMap(({ good }) => good)];
    const how = { group, contract, target, definition, earlier: before };
    results.push({ group, ...(await loadGroup(batch, how)) });
  }
  const read = prepared.groups.flatMap((group) => group.files);
  const names = new Set(read.map(({ found }) => found.name));
  const ids = rows.filter((row) => names.has(String(row.file))).map((row) => String(row.id));
  const left = rows.filter((row) => !names.has(String(row.file)));
  return {
    tried: rows.length,
    passing: ids.length,
    good: results.flatMap(({ good }) => good),
    labelled: results.map(({ group, good }) => ({ label: group.label, files: good })),
    rejects: results.flatMap(({ rejects }) => rejects),
    ledger: results.map(({ group, ledger }) => ({ source: group.label, ...ledger })),
    reasons: left.map((row) => ({
      column: null,
      rule: "file",
      message: String(row.message),
      count: 1,
    })),
    files: read.map((file) => loadedFile(file, "loaded")),
    passed:
      ids.length === 0 ? undefined : `select unnest([${ids.map(quoteText).join(", ")}]) as id`,
  };
}
