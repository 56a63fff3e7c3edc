/** The manual as data: every command, what it takes, and examples; help texts and checks of arguments are made of it. */

export interface OptionManual {
  readonly name: string;
  /** What stands for the value in help texts; left out where the option is a switch. */
  readonly value?: string;
  readonly repeatable?: boolean;
  readonly about: string;
}

export interface CommandManual {
  readonly name: string;
  readonly about: string;
  /** Arguments in order; one in brackets may be left out. */
  readonly arguments: readonly string[];
  /** More to know, a paragraph each. */
  readonly notes: readonly string[];
  readonly options: readonly OptionManual[];
  readonly examples: readonly string[];
}

const PROJECT_OPTION: OptionManual = {
  name: "project",
  value: "DIR",
  about: "The folder of the project; this folder unless told",
};

/** What every command takes. */
export const COMMON_OPTIONS: readonly OptionManual[] = [
  PROJECT_OPTION,
  {
    name: "lake",
    value: "PATH",
    about: "The lake, if not the project's: folder or s3://...",
  },
  {
    name: "param",
    value: "NAME=VALUE",
    repeatable: true,
    about: "Sets a parameter of the project; may be repeated",
  },
  { name: "json", about: "Prints one JSON document and nothing else on standard output" },
  { name: "quiet", about: "No progress and no remarks on standard error" },
  { name: "debug", about: "Shows where in the program an error came from" },
  { name: "help", about: "Shows this help" },
];

const VERSION: readonly OptionManual[] = [
  { name: "version", value: "N", about: "The table as it was at this version" },
  { name: "timestamp", value: "TIME", about: "The table as it was then: 2026-03-01T12:00:00Z" },
];
const ALL: OptionManual = { name: "all", about: "Shows everything, however long" };

const TABLE_NOTE =
  "TABLE is a name such as bronze.orders, or the path of any Delta table, which has a slash: ./events.";

const CORRECTION_NOTE =
  "Counts the rows first and asks. Where nobody can be asked it only counts them, unless --yes is given. Constraints of the table hold; a table that the next run would make again is refused, unless --force is given.";
const WHERE: OptionManual = {
  name: "where",
  value: "SQL",
  about: "The rows for which this is true; all are: true",
};
const CORRECTION: readonly OptionManual[] = [
  { name: "dry-run", about: "Counts the rows; changes nothing" },
  { name: "yes", about: "Does it without asking" },
  { name: "force", about: "Also where the next run undoes it" },
];

export const COMMANDS: readonly CommandManual[] = [
  {
    name: "init",
    about: "Begin a project: a folder with an example that runs",
    arguments: ["[NAME]"],
    notes: ["Makes the folder NAME, or fills the folder that you are in, which must be empty."],
    options: [],
    examples: ["millrace init shop"],
  },
  {
    name: "plan",
    about: "Show what a run would do and why; changes nothing",
    arguments: [],
    notes: [],
    options: [],
    examples: ["millrace plan", "millrace plan --param as_of=2026-03-01"],
  },
  {
    name: "run",
    about: "Load what is new, rebuild what is outdated, write outputs",
    arguments: [],
    notes: [
      "May be stopped and repeated at any time: no row is lost or doubled. Ctrl-C stops at a safe point, a second one at once.",
    ],
    options: [{ name: "parallel", value: "N", about: "Steps at once; 2 unless told" }],
    examples: ["millrace run", "millrace run --project shop --json"],
  },
  {
    name: "query",
    about: "Ask the lake in SQL",
    arguments: ["SQL"],
    notes: [
      'Tables stand by their names: bronze.orders, quarantine."bronze.orders", system.runs. An older version is named behind the table: from bronze.orders at (version => 3).',
      "Any Delta table stands by its path, also outside of projects: delta_scan('path/of/table'), delta_scan('path/of/table', version => 3), delta_scan('path/of/table', timestamp => '2026-03-01'). What happened to the rows of a table that keeps a change feed: table_changes('bronze.orders', 3, 5). SQL may be - for standard input.",
      "A terminal shows up to 100 rows, cut to its width; elsewhere all rows are printed with tabs between.",
    ],
    options: [
      {
        name: "to",
        value: "FILE",
        about: "Writes the rows to FILE.csv, .json, .ndjson or .parquet",
      },
      ALL,
    ],
    examples: [
      'millrace query "select shop, sum(amount) from bronze.orders group by all"',
      'millrace query "from gold.revenue" --to revenue.parquet',
      'millrace query "from bronze.orders at (version => 3)" --lake /data/lake --json',
      "millrace query \"select count(*) from delta_scan('/data/events')\"",
    ],
  },
  {
    name: "tables",
    about: "List the tables of the lake",
    arguments: [],
    notes: ["Millrace's own tables, system.*, are listed with --all."],
    options: [{ name: "all", about: "Lists Millrace's own tables too" }],
    examples: ["millrace tables", "millrace tables --lake /data/lake --json"],
  },
  {
    name: "table",
    about: "Show what a table is: columns, protocol, size, history",
    arguments: ["TABLE"],
    notes: [TABLE_NOTE],
    options: [
      { name: "limit", value: "N", about: "The newest N versions of its history; 10 unless told" },
      ...VERSION,
    ],
    examples: ["millrace table bronze.orders", "millrace table /data/events --json"],
  },
  {
    name: "history",
    about: "Show the versions of a table",
    arguments: ["TABLE"],
    notes: [TABLE_NOTE],
    options: [
      {
        name: "limit",
        value: "N",
        about: "The newest N versions; 20 unless told, with --json all",
      },
      ...VERSION,
    ],
    examples: ["millrace history bronze.orders", "millrace history bronze.orders --limit 5"],
  },
  {
    name: "quarantine",
    about: "Show the rows that a table turned away, and why",
    arguments: ["TABLE"],
    notes: ["TABLE is the table that turned them away."],
    options: [
      { name: "limit", value: "N", about: "At most N rows; 20 unless told, with --json 1000" },
    ],
    examples: ["millrace quarantine bronze.orders", "millrace quarantine bronze.orders --json"],
  },
  {
    name: "replay",
    about: "Try a table's quarantined rows once more",
    arguments: ["TABLE"],
    notes: [
      "Rows that the contract now takes move into the table; the others stay where they are.",
    ],
    options: [{ name: "dry-run", about: "Counts only; changes nothing" }],
    examples: ["millrace replay bronze.orders --dry-run", "millrace replay bronze.orders"],
  },
  {
    name: "ledger",
    about: "Show that no row was lost: rows read and what became of them",
    arguments: [],
    notes: [
      "In every line, read = written + quarantined + deduplicated + filtered. The exit code is 1 where one does not come out even.",
    ],
    options: [
      { name: "run", value: "ID", about: "Lines of this run only" },
      { name: "table", value: "TABLE", about: "Lines of this table only" },
      { name: "limit", value: "N", about: "The newest N lines; 20 unless told, with --json all" },
    ],
    examples: ["millrace ledger", "millrace ledger --table bronze.orders"],
  },
  {
    name: "export",
    about: "Write a table to a file",
    arguments: ["TABLE"],
    notes: [TABLE_NOTE, "The file is there whole or not at all."],
    options: [
      { name: "to", value: "FILE", about: "FILE.csv, .json, .ndjson or .parquet" },
      ...VERSION,
    ],
    examples: [
      "millrace export gold.revenue --to revenue.csv",
      "millrace export bronze.orders --to before.parquet --version 3",
    ],
  },
  {
    name: "delete",
    about: "Delete rows of a table",
    arguments: ["TABLE"],
    notes: [
      TABLE_NOTE,
      CORRECTION_NOTE,
      "Of a quarantine, quarantine.bronze.orders, entries are deleted.",
      "Older versions still hold the rows, and so do files on disk, until a vacuum removes them; where the table has deletion vectors, an optimize with --purge comes before it.",
    ],
    options: [WHERE, ...CORRECTION],
    examples: [
      "millrace delete bronze.orders --where \"customer = 'C-17'\"",
      'millrace delete /data/events --where "day < current_date - 90" --yes',
    ],
  },
  {
    name: "update",
    about: "Give rows of a table other values",
    arguments: ["TABLE"],
    notes: [TABLE_NOTE, CORRECTION_NOTE],
    options: [
      {
        name: "set",
        value: "COLUMN=SQL",
        repeatable: true,
        about: "The new value of a column, over the row as it is; may be repeated",
      },
      WHERE,
      ...CORRECTION,
    ],
    examples: [
      'millrace update bronze.orders --set "shop = upper(shop)" --where "shop = \'basel\'"',
      'millrace update ./events --set "at = at + interval 1 hour" --set "source = \'mended\'" --where "day = \'2026-03-29\'" --dry-run',
    ],
  },
  {
    name: "optimize",
    about: "Lay the files of a table together, so that queries read fewer",
    arguments: ["TABLE"],
    notes: [
      TABLE_NOTE,
      "Small files become large ones, and rows that were deleted go from disk. No row changes; readers and writers go on. What is not worth it is left, so calling it again does nothing. Stopped, it keeps what it has done.",
    ],
    options: [
      { name: "target", value: "SIZE", about: 'Size of a file; "256 MB" unless told' },
      {
        name: "where",
        value: "SQL",
        about: "Only partitions for which this is true",
      },
      {
        name: "purge",
        about: "Writes anew every file that holds deleted rows, however few",
      },
      {
        name: "z-order",
        value: "COLUMNS",
        about: "Lays rows near each other in these columns together: day,shop",
      },
    ],
    examples: [
      "millrace optimize bronze.orders",
      'millrace optimize bronze.orders --where "day >= current_date - 7"',
      "millrace optimize /data/events --z-order user_id,at",
    ],
  },
  {
    name: "vacuum",
    about: "Remove files of tables that no kept version needs",
    arguments: ["[TABLE]"],
    notes: [
      "TABLE is a name in the lake or the path of a Delta table; all tables of the lake without it. Versions that are older than --keep can then no longer be read.",
      "Shows the files first and asks. Where nobody can be asked it only shows them, unless --yes is given.",
    ],
    options: [
      {
        name: "keep",
        value: "TIME",
        about: 'How long removed files stay: "30 days"; 7 days unless the table says',
      },
      { name: "dry-run", about: "Shows the files; removes nothing" },
      { name: "yes", about: "Removes them without asking" },
      { name: "force", about: "Allows less than the table's own time, also for running queries" },
    ],
    examples: ["millrace vacuum", 'millrace vacuum bronze.orders --keep "30 days" --yes'],
  },
  {
    name: "restore",
    about: "Make a table what it was at a version",
    arguments: ["TABLE"],
    notes: [
      TABLE_NOTE,
      "Makes a new version with the rows and columns of the old one, so it can be taken back in the same way. Files that were loaded are not loaded again. A version whose files a vacuum removed cannot come back.",
    ],
    options: [...VERSION],
    examples: [
      "millrace restore gold.revenue --version 3",
      "millrace restore bronze.orders --timestamp 2026-03-01T12:00:00Z",
    ],
  },
];
