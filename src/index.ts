/** The public door: everything a project file may import. */

export type { Duration } from "./base/duration.ts";
export { chart } from "./chart/chart.ts";
export { type Ingested, ingest, type Rejected } from "./ingest/asset.ts";
export { type Asset, defineProject, type ProjectDefinition } from "./project/define.ts";
export { picture, publish } from "./publish/asset.ts";
export { cron, every, type Schedule } from "./schedule/schedule.ts";
export {
  arrival,
  bigint,
  binary,
  boolean,
  type Column,
  type Columns,
  date,
  decimal,
  float,
  integer,
  json,
  list,
  localTimestamp,
  position,
  type RowOf,
  struct,
  type TextColumn,
  text,
  timestamp,
  uuid,
} from "./schema/column.ts";
export type { Table } from "./schema/table.ts";
export type { IngestWrite, TransformWrite } from "./schema/write.ts";
export { csv, jsonFile, ndjson, parquet, xlsx } from "./source/file-source.ts";
export {
  env,
  file,
  type Param,
  param,
  type Secret,
  type Sql,
  sql,
  sqlFile,
  type Text,
} from "./sql/template.ts";
export { type Transformed, transform } from "./transform/asset.ts";
export {
  accepted,
  type Check,
  holds,
  notNull,
  related,
  rowCount,
  unique,
} from "./transform/check.ts";
export { files } from "./warehouse/files.ts";
