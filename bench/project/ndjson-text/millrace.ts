/** Orders from NDJSON with every column a text. */

import { defineProject, ingest, ndjson, param } from "millrace";
import { texts } from "../columns.ts";

const file = param("file", { default: "orders.ndjson", about: "the file of orders" });
const orders = ingest("bronze.orders", { from: ndjson(file), columns: texts });

// biome-ignore lint/style/noDefaultExport: a project is the default export of its file
export default defineProject({ name: "bench-ndjson-text", assets: [orders] });
