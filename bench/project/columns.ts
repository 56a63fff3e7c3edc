/** The contracts of the measurement: every check that orders deserve, types alone, and nothing but texts. */

import {
  bigint,
  boolean,
  date,
  decimal,
  float,
  integer,
  localTimestamp,
  type Sql,
  sql,
  text,
} from "millrace";
import { RULE } from "../files/order.ts";

export const checked = {
  order_id: bigint().between(0n, 10_000_000_000n),
  customer_id: integer().between(0, 1_000_000),
  sku: text().matches("SKU-[0-9]{5}"),
  quantity: integer().between(1, 100),
  price: decimal(12, 2).between("0", "100000"),
  discount: float().between(0, 1),
  ordered_on: date().between("2020-01-01", "2030-12-31"),
  updated_at: localTimestamp(),
  is_gift: boolean(),
  note: text().optional(),
};

export const rules: Readonly<Record<string, Sql>> = {
  [RULE]: sql`updated_at >= ordered_on`,
};

/** Types without ranges, patterns or rules; Millrace is strict about types also here. */
export const typed = {
  order_id: bigint().optional(),
  customer_id: integer().optional(),
  sku: text().optional(),
  quantity: integer().optional(),
  price: decimal(12, 2).optional(),
  discount: float().optional(),
  ordered_on: date().optional(),
  updated_at: localTimestamp().optional(),
  is_gift: boolean().optional(),
  note: text().optional(),
};

/** Any text or none: all that this asks of a row the reader of the file asks as well. */
export const texts = {
  order_id: text().optional(),
  customer_id: text().optional(),
  sku: text().optional(),
  quantity: text().optional(),
  price: text().optional(),
  discount: text().optional(),
  ordered_on: text().optional(),
  updated_at: text().optional(),
  is_gift: text().optional(),
  note: text().optional(),
};
