/** Orders from CSV with types and no other check. */

import { csv, defineProject, ingest, param } from "millrace";
import { typed } from "../columns.ts";

const file = param("file", { default: "orders.csv", about: "the file of orders" });
const orders = ingest("bronze.orders", { from: csv(file), columns: typed });

// biome-ignore lint/style/noDefaultExport: a project is the default export of its file
export default defineProject({ name: "bench-csv-typed", assets: [orders] });
