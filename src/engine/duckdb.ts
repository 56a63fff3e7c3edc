/** DuckDB as the engine: embedded, in process, all cores, spilling to disk. */

import {
  type DuckDBConnection,
  DuckDBDecimalType,
  DuckDBInstance,
  DuckDBListType,
  DuckDBMapType,
  DuckDBStructType,
  type DuckDBType,
  DuckDBTypeId,
  type DuckDBValueConverter,
  type JS,
  JSDuckDBValueConverter,
} from "@duckdb/node-api";
import { MillraceError, messageOf } from "../base/error.ts";
import type { DataType, Field } from "../schema/type.ts";
import type { Cell, Engine, Row } from "./engine.ts";
import { parquetWriter } from "./parquet.ts";
import { relationOf } from "./relation.ts";
