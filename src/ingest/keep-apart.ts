/**
 * Rows of one key kept further apart in time than a window. Taken by time, and at the same time by their values, a row
 * is left out where it lies within the window of the last row that was KEPT; rows that are left out do not prolong it.
 *
 * A row further away than the window from its neighbour before is kept whatever came earlier. So one pass over the rows
 * decides those, and all that lie within the window of such a one. What is left, rows in a dense succession, is a
 * chain: each kept row leads to the first row beyond its window. Jumps of 1, 2, 4 ... links find all kept ones in as
 * many steps as the length of the longest chain has binary digits.
 */

import type { Engine, WriteOptions } from "../engine/engine.ts";
import { quotePath } from "../engine/path.ts";
import type { WrittenFile } from "../schema/table-files.ts";

const STATE = "~state";
const STATES = { KEPT: 0, IN_CHAIN: 1, LEFT_OUT: 2 } as const;

export interface Apart {
  readonly session: Engine;
  /** How files of the table are written, in a staging folder. */
  readonly write: WriteOptions;
  /** In FROM. */
  readonly rows: string;
  /** Quoted, as are the others. */
  readonly columns: readonly string[];
  readonly key: readonly string[];
  /** A date or a timestamp. */
  readonly by: string;
  readonly windowMs: number;
  /** Files that were written as `write` says, in FROM. */
  relation(files: readonly WrittenFile[]): string;
}

/** Files of the rows that are kept. A row with a null in its key or its time is. */
export async function keepApart(input: Apart): Promise<WrittenFile[]> {
  const { session, write, rows, columns } = input;
  const { partitionBy = [] } = write;
  const written = await session.write(
    `select ${columns.join(", ")}, "${STATE}" from (${judged(input, rows)}) where "${STATE}" <> ${STATES.LEFT_OUT}`,
    { ...write, partitionBy: [...partitionBy, STATE] },
  );
  const ofState = (state: number): WrittenFile[] =>
    written.flatMap(({ partitionValues, ...file }) => {
      const { [STATE]: found, ...values } = partitionValues;
      return found === String(state) ? [{ ...file, partitionValues: values }] : [];
    });
  const chained = ofState(STATES.IN_CHAIN);
  if (chained.length === 0) return ofState(STATES.KEPT);
  return [...ofState(STATES.KEPT), ...(await keepInChains(input, chained))];
}

function judged({ columns, key, by, windowMs }: Apart, rows: string): string {
  const window = `(partition by ${key.join(", ")} order by "~time", ${columns.join(", ")})`;
  return `select *, case when "~first" then ${STATES.KEPT}
      when "~time"::hugeint - max("~time") filter ("~first") over ${window} <= ${microseconds(windowMs)} then ${STATES.LEFT_OUT}
      else ${STATES.IN_CHAIN} end as "${STATE}"
    from (select *, ${isFirst(windowMs, window)} as "~first" from (${timed(key, by, rows)}))`;
}

function timed(key: readonly string[], by: string, rows: string): string {
  const isKeyed = [...key, by].map((column) => `${column} is not null`).join(" and ");
  return `select *, case when ${isKeyed} then epoch_us(${by}) end as "~time" from ${rows}`;
}

/** True also where there is nothing to compare with. */
function isFirst(windowMs: number, window: string): string {
  return `coalesce("~time"::hugeint - lag("~time") over ${window} > ${microseconds(windowMs)}, true)`;
}

/** The first row of a chain lies beyond the window of the kept row before it, and so is kept itself. */
async function keepInChains(input: Apart, files: readonly WrittenFile[]): Promise<WrittenFile[]> {
  const { session, write, columns, key, by, windowMs, relation } = input;
  const { folder } = write;
  const stage = async (query: string): Promise<string | undefined> => {
    const staged = await session.write(query, { folder });
    if (staged.length === 0) return undefined;
    return `read_parquet([${staged.map(({ path }) => quotePath(path)).join(", ")}])`;
  };
  const keys = key.join(", ");
  const rows = await stage(
    `select *, ${isFirst(windowMs, `(partition by ${keys} order by "~id")`)} as "~first",
       min("~id") over (partition by ${keys} order by "~time"::hugeint range between ${microseconds(windowMs) + 1n} following and unbounded following) as "~next"
     from (select *, row_number() over (order by ${keys}, "~time", ${columns.join(", ")}) as "~id"
           from (${timed(key, by, relation(files))}))`,
  );
  if (rows === undefined) return [];
  let kept = await stage(`select "~id" from ${rows} where "~first"`);
  let jumps = await stage(
    `select a."~id" as start, b."~id" as target from ${rows} as a join ${rows} as b on a."~next" = b."~id" where not b."~first"`,
  );
  while (jumps !== undefined) {
    kept = await stage(
      `from ${kept} union all select target from ${jumps} where start in (from ${kept})`,
    );
    jumps = await stage(
      `select a.start, b.target from ${jumps} as a join ${jumps} as b on a.target = b.start`,
    );
  }
  return session.write(
    `select ${columns.join(", ")} from ${rows} where "~id" in (from ${kept})`,
    write,
  );
}

function microseconds(ms: number): bigint {
  return BigInt(Math.round(ms * 1000));
}
