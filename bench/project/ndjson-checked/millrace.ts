/** Orders from NDJSON under the full contract. */

import { defineProject, ingest, ndjson, param } from "millrace";
import { checked, rules } from "../columns.ts";

const file = param("file", { default: "orders.ndjson", about: "the file of orders" });
const orders = ingest("bronze.orders", { from: ndjson(file), columns: checked, rules });

// biome-ignore lint/style/noDefaultExport: a project is the default export of its file
export default defineProject({ name: "bench-ndjson-checked", assets: [orders] });
