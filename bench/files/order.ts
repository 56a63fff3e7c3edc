/** The rows that the measurement of files loads: ten columns of mixed types, and one row in a hundred wrong in one of ten ways. */

/** Columns in the file's order, with the types that the engine alone would read them with. */
export const COLUMNS: Readonly<Record<string, string>> = {
  order_id: "bigint",
  customer_id: "integer",
  sku: "varchar",
  quantity: "integer",
  price: "decimal(12, 2)",
  discount: "double",
  ordered_on: "date",
  updated_at: "timestamp",
  is_gift: "boolean",
  note: "varchar",
};

/** One way to be wrong. `refusal` is what a contract must say of it, by format where the formats differ. */
export interface Flaw {
  readonly what: string;
  readonly refusal: Readonly<Record<Format, Refusal>>;
}

interface Refusal {
  /** Null where the row as a whole is refused. */
  readonly column: string | null;
  readonly rule: string;
}

export type Format = "csv" | "ndjson";

const ofRow = (rule: string): Refusal => ({ column: null, rule });
const inBoth = (column: string | null, rule: string): Flaw["refusal"] => ({
  csv: { column, rule },
  ndjson: { column, rule },
});

/** The rule over two columns that the contract holds, as it is told to a person. */
export const RULE = "an order is updated after it was made";

/** A row `i` is wrong where `i % 100` is 37, and `i // 100 % 10` says how, by this order. */
export const FLAWS: readonly Flaw[] = [
  { what: "letters in a whole number", refusal: inBoth("customer_id", "type") },
  { what: "a thirteenth month", refusal: inBoth("ordered_on", "type") },
  {
    what: "two fields short, or cut off",
    refusal: { csv: ofRow("fields"), ndjson: ofRow("json") },
  },
  {
    what: "two fields too many, or an object for a number",
    refusal: { csv: ofRow("fields"), ndjson: { column: "quantity", rule: "type" } },
  },
  { what: "a word for a price", refusal: inBoth("price", "type") },
  { what: "a quantity out of range", refusal: inBoth("quantity", "range") },
  { what: "a price below zero", refusal: inBoth("price", "range") },
  { what: "a sku of another form", refusal: inBoth("sku", "pattern") },
  { what: "updated before it was made", refusal: inBoth(null, "rule") },
  { what: "a discount of more than everything", refusal: inBoth("discount", "range") },
];

/** SQL over a row number `i`: which flaw it has, or null. */
export const FLAW_OF = "case when i % 100 = 37 then i // 100 % 10 end";

/** The physical line of row `i`, counted from 1. */
export const LINE_OF: Readonly<Record<Format, string>> = { csv: "i + 2", ndjson: "i + 1" };

/** SQL of rows `i`, `flaw` and the columns as they would be without the flaw. */
export function orders(rows: number, seed: number): string {
  return `
    select i, ${FLAW_OF} as flaw, i as order_id, (h % 200000)::integer as customer_id,
      'SKU-' || lpad((g % 50000)::varchar, 5, '0') as sku, (1 + (h // 7) % 20)::integer as quantity,
      printf('%d.%02d', ((g // 11) % 900)::integer, ((g // 13) % 100)::integer)::decimal(12, 2) as price,
      ((h // 17) % 5000)::double / 10000 as discount,
      date '2023-01-01' + ((h // 19) % 900)::integer as ordered_on,
      ordered_on + to_milliseconds(((g // 3) % 7776000000)::bigint) as updated_at,
      h % 9 = 0 as is_gift,
      case g % 8 when 0 then null when 1 then 'ring, then wait' when 2 then 'Zoë at the "back" door'
        when 3 then '門口に置いてください' else 'leave with neighbour ' || (g % 97) end as note
    from (select i, hash(i, ${seed}) as h, hash(i, ${seed}, 1) as g from range(${rows}) t(i))`;
}

/** The texts of the columns as the file has them, flaws and all. */
const TEXTS = `
  order_id::varchar as order_id,
  customer_id || case flaw when 0 then 'x' else '' end as customer_id,
  case flaw when 7 then replace(sku, '-', '_') else sku end as sku,
  case flaw when 5 then '20000' else quantity::varchar end as quantity,
  case flaw when 4 then 'n/a' when 6 then '-' || (price + 1) else price::varchar end as price,
  case flaw when 9 then '1.5000' else printf('%.4f', discount) end as discount,
  case flaw when 1 then '2024-13-45' else ordered_on::varchar end as ordered_on,
  strftime(case flaw when 8 then updated_at - interval 1 year else updated_at end, '%Y-%m-%dT%H:%M:%S.%g') as updated_at,
  is_gift::varchar as is_gift, note`;

const LINES: Readonly<Record<Format, string>> = {
  csv: `concat_ws(',', order_id, customer_id, sku, quantity, price, discount, ordered_on, updated_at)
    || case flaw when 2 then '' else ',' || is_gift || ',' || coalesce('"' || replace(note, '"', '""') || '"', '') end
    || case flaw when 3 then ',extra,field' else '' end`,
  ndjson: `'{"order_id":' || order_id || ',"customer_id":' || case flaw when 0 then '"' || customer_id || '"' else customer_id end
    || ',"sku":"' || sku || '","quantity":' || case flaw when 3 then '{"n":1}' else quantity end
    || ',"price":' || case flaw when 4 then '"n/a"' else price end || ',"discount":' || discount
    || ',"ordered_on":"' || ordered_on || '","updated_at":"' || updated_at || '","is_gift":' || is_gift
    || case flaw when 2 then '' else ',"note":' || coalesce('"' || replace(note, '"', '\\"') || '"', 'null') || '}' end`,
};

/** SQL of one column, the lines of a file in their order. */
export function lines(format: Format, rows: number, seed: number): string {
  return `select ${LINES[format]} as line from (select i, flaw, ${TEXTS} from (${orders(rows, seed)})) order by i`;
}

/** How values are compared: with their types, as texts, or as texts with the numbers among them by what they say. */
type Comparison = "typed" | "text" | "text, numbers by value";

/** SQL of the number of rows and of one text that is equal where the rows are: in any order, with every value of every column. */
export function hashOfRows(relation: string, comparison: Comparison): string {
  const columns = Object.entries(COLUMNS).map(([name, type]) => {
    if (comparison === "typed") return `${name}::${type}`;
    const isNumber = comparison === "text, numbers by value" && /double|decimal/.test(type);
    // Millrace keeps the 12.50 of a JSON file as it stands there, and the engine makes 12.5 of it.
    return isNumber
      ? `coalesce(try_cast(${name} as double)::varchar, ${name})`
      : `${name}::varchar`;
  });
  return `select count(*) as rows, sum(hash(${columns.join(", ")}))::varchar as hash from ${relation}`;
}
