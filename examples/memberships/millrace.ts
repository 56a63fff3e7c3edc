/** Hourly application files -> accepted and rejected members, with the reasons. */

import {
  arrival,
  type Column,
  cron,
  csv,
  date,
  defineProject,
  files,
  ingest,
  notNull,
  param,
  position,
  publish,
  type Sql,
  sql,
  sqlFile,
  text,
  transform,
  unique,
} from "millrace";

const inbox = param("inbox", { default: "sample/*.csv", about: "where the files arrive" });
const asOf = param("as_of", { default: "2022-01-01", about: "the day on which age is counted" });
const age = param("age", { default: 18, about: "applicants must be older than this" });
const accepted = param("accepted", { default: "out/accepted", about: "folder of the accepted" });
const rejected = param("rejected", { default: "out/rejected", about: "folder of the rejected" });

const blank = "[\\s\\p{Z},]";
const prefixes = `^${blank}*(?:(?:(?:Mr|Mrs|Ms|Dr)\\.?|Miss)(?:${blank}+|$))*`;
const suffixes = `(?:(?:^|${blank}+)(?:MD|DDS|DVM|PhD|Jr\\.?|II|III))*${blank}*$`;

/** The name in a name: `Dr. Ana Vega MD` is Ana Vega. */
const bareName = (name: Column<string> | Sql): Sql =>
  sql`regexp_replace(regexp_replace(${name}, ${prefixes}, ''), ${suffixes}, '')`;

const applications = ingest("bronze.applications", {
  from: csv(inbox),
  schedule: cron("0 * * * *"),
  columns: {
    name: text()
      .notBlank()
      .check((name) => sql`${bareName(name)} <> '' or trim(${name}) = ''`, "has titles only"),
    email: text().matches(
      "[^@\\s]+@[A-Za-z0-9-]+\\.(com|net)",
      "must end in @provider.com or @provider.net",
    ),
    date_of_birth: date({ formats: ["%Y/%m/%d", "%Y-%m-%d", "%m/%d/%Y", "%d-%m-%Y"] }),
    mobile_no: text()
      .clean((number) => sql`replace(${number}, ' ', '')`)
      .matches("[0-9]{8}", "must have 8 digits"),
    file: position("file"),
    line: position("line"),
    arrived: arrival(),
  },
  rules: {
    "applicant must be over the age limit (18 unless set) on the cut-off date": sql`date_of_birth < ${asOf}::date - ${age} * interval 1 year`,
  },
  unique: { key: ["name", "email", "date_of_birth", "mobile_no"] },
});

const members = transform(
  "silver.members",
  sqlFile("members.sql", { applications, bareName: bareName(sql`name`), asOf }),
  {
    checks: {
      "member numbers are unique": unique("member_no"),
      "every member has an id": notNull("membership_id"),
      "membership ids do not collide": unique("membership_id", { severity: "warning" }),
    },
  },
);

const rejections = transform(
  "silver.rejected",
  sqlFile("rejected.sql", { quarantine: applications.quarantine }),
);

export default defineProject({
  name: "memberships",
  assets: [
    applications,
    members,
    rejections,
    publish(members, files(accepted, { format: "csv", name: "members" }), {
      orderBy: sql`member_no`,
    }),
    // As they came, to be mended and sent again: not for a spreadsheet.
    publish(rejections, files(rejected, { format: "csv", name: "rejected", formulas: "keep" }), {
      orderBy: sql`file, line, reasons`,
    }),
  ],
});
