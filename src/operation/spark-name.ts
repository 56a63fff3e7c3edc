/** Names of columns that cannot stand bare in SQL that every engine reads. */

const PLAIN = /^[a-z_][a-z0-9_]*$/i;

/** Words that the standard, Spark or the engine keeps for itself, and functions that are called without brackets. */
const RESERVED: ReadonlySet<string> = new Set(
  `all analyse analyze and anti any array as asc asof asymmetric at authorization between both by case cast check
  collate column constraint create cross cube current current_date current_time current_timestamp current_user date day
  default deferrable desc describe distinct div do else end escape except exists extract false fetch filter for foreign
  from full function glob grant group grouping having hour ilike in initially inner insert intersect interval into is
  isnull join lambda lateral leading left like limit local localtime localtimestamp map matched merge minus minute month
  natural no not notnull null offset on only or order outer overlaps partition pivot pivot_longer pivot_wider placing
  position positional primary qualify range references regexp returning right rlike rollup row rows second select semi
  session_user set show similar some start struct summarize symmetric table then time timestamp to trailing true union
  unique unknown unpivot update user using values variadic view when where window with within year zone`.split(
    /\s+/,
  ),
);

/** True where the name needs quotes of its kind around it. */
export function needsTicks(name: string): boolean {
  return !PLAIN.test(name) || RESERVED.has(name.toLowerCase());
}
