/** Orders from CSV under the full contract. */

import { csv, defineProject, ingest, param } from "millrace";
import { checked, rules } from "../columns.ts";

const file = param("file", { default: "orders.csv", about: "the file of orders" });
const orders = ingest("bronze.orders", { from: csv(file), columns: checked, rules });

// biome-ignore lint/style/noDefaultExport: a project is the default export of its file
export default defineProject({ name: "bench-csv-checked", assets: [orders] });
