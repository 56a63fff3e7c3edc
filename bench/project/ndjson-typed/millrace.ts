/** Orders from NDJSON with types and no other check. */

import { defineProject, ingest, ndjson, param } from "millrace";
import { typed } from "../columns.ts";

const file = param("file", { default: "orders.ndjson", about: "the file of orders" });
const orders = ingest("bronze.orders", { from: ndjson(file), columns: typed });

// biome-ignore lint/style/noDefaultExport: a project is the default export of its file
export default defineProject({ name: "bench-ndjson-typed", assets: [orders] });
