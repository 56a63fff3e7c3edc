/** Orders from CSV with every column a text. */

import { csv, defineProject, ingest, param } from "millrace";
import { texts } from "../columns.ts";

const file = param("file", { default: "orders.csv", about: "the file of orders" });
const orders = ingest("bronze.orders", { from: csv(file), columns: texts });

// biome-ignore lint/style/noDefaultExport: a project is the default export of its file
export default defineProject({ name: "bench-csv-text", assets: [orders] });
