/** Writes the sample: application files of one morning, made up from a fixed seed, with every trap of the job in them. */

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** What is wrong with an application, as the column and the rule that must turn it away. */
export type Fault =
  | "name required"
  | "name not blank"
  | "name check"
  | "email pattern"
  | "date_of_birth type"
  | "mobile_no pattern"
  | "age"
  | "fields";

/** A line of a file, and what must become of it: a member, or all that is wrong with it. */
export interface Application {
  readonly line: string;
  readonly member: Member | undefined;
  readonly faults: readonly Fault[];
}

export interface Member {
  readonly first_name: string | null;
  readonly last_name: string;
  readonly birthday: string;
  readonly mobile_no: string;
}

/** One hour's file by its name; the applications in it in order. */
export interface Delivery {
  readonly name: string;
  readonly applications: readonly Application[];
}

const VEGA = good("Dr. Ana Vega MD,ana@marsh-lane.net,03/07/1971,6655 0042", "Ana Vega 19710307");

const TRAPS: Readonly<Record<string, readonly Application[]>> = {
  "titles; the month stands before the day": [VEGA],
  "several suffixes; a leap day": [
    good("Mr. Tom Reed Jr. PhD,tom@reed.com,29-02-2000,81230001", "Tom Reed 20000229"),
  ],
  "names that begin or end like titles": [
    good("Missy Drummond,missy@drummond.net,1980-05-06,81230002", "Missy Drummond 19800506"),
    good("Midori Ii,midori@ii.com,1981/12/31,81230003", "Midori Ii 19811231"),
  ],
  "three names, and one name": [
    good("Mary Jane Whitlock,mj@whitlock.com,1975-01-09,81230004", "Mary Jane Whitlock 19750109"),
    good("Miss Odetta,odetta@song.com,1968-11-30,81230005", "Odetta 19681130"),
  ],
  "a number that begins with zeros": [
    good("Zoe Null,zoe@null.net,1990-10-10,00120034", "Zoe Null 19901010"),
  ],
  "a hyphen in the domain": [
    good("Hugo Fuller,hugo@wood-fuller.com,10/11/1966,81230006", "Hugo Fuller 19661011"),
  ],
  "two members with one membership id": [
    good("Kai Lindqvist,kai@lindqvist.com,1988/08/08,81230007", "Kai Lindqvist 19880808"),
    good("Mrs. Inga Lindqvist,inga@lind.net,08-08-1988,8123 0008", "Inga Lindqvist 19880808"),
  ],
  "born the day before the cut-off": [
    good("Eve Early,eve@early.com,31-12-2003,81230009", "Eve Early 20031231"),
  ],
  "born exactly on the cut-off": [bad("Ned Newyear,ned@new.com,2004-01-01,81230010", "age")],
  "impossible dates": [
    bad("Lou Thirty,lou@thirty.net,1996/02/31,81230011", "date_of_birth type"),
    bad("Lia Leap,lia@leap.net,29-02-1900,81230012", "date_of_birth type"),
  ],
  "no name": [bad(",nobody@nowhere.com,1970-01-01,81230013", "name required")],
  "blanks as name": [bad("   ,blank@nowhere.com,1970-01-02,81230014", "name not blank")],
  "nothing but titles as name": [bad("Dr. MD,dr@nowhere.com,1970-01-03,81230015", "name check")],
  "a +65 prefix": [bad("Pia Prefix,pia@pre.com,1970-01-04,+65 8123 0016", "mobile_no pattern")],
  ".net inside burnett.org": [
    bad("Bo Burnett,bo@burnett.org,1970-01-05,81230017", "email pattern"),
  ],
  "something after .com": [bad("Sue Sub,sue@sub.com.sg,1970-01-06,81230018", "email pattern")],
  "everything wrong at once": [
    bad(
      ",no mail,2010/13/13,12",
      "name required",
      "email pattern",
      "date_of_birth type",
      "mobile_no pattern",
    ),
  ],
  "a line with too few fields": [bad("Tiny Torn,tiny@torn.com", "fields")],
};

const HEADER = "name,email,date_of_birth,mobile_no";
const FIRST_NAMES = ["Ada", "Ben", "Cleo", "Dan", "Elsa", "Finn", "Gina", "Hal", "Ines", "Jon"];
const LAST_NAMES = ["Archer", "Bishop", "Cole", "Dane", "Ember", "Frost", "Grove", "Hale", "Irwin"];
const ENDINGS = ["com", "com", "com", "net", "org", "biz", "info"];
const FILL = 40;

/** What arrives, in the order of the files' names. The second file ends with an application of the first. */
export function deliveries(): readonly [Delivery, Delivery] {
  const random = randomNumbers(20220101);
  const traps = Object.values(TRAPS).flat();
  const half = traps.length / 2;
  const fill = (): Application[] => Array.from({ length: FILL }, () => application(random));
  const first = shuffled([...traps.slice(0, half), ...fill()], random);
  const second = shuffled([...traps.slice(half), ...fill()], random);
  return [
    { name: "applications-2022-01-03T09.csv", applications: first },
    { name: "applications-2022-01-03T10.csv", applications: [...second, VEGA] },
  ];
}

/** The text of every file by its name: the deliveries, the first of them once more, and one still being written. */
export function sampleFiles(): Readonly<Record<string, string>> {
  const [first, second] = deliveries();
  return {
    [first.name]: textOf(first),
    "applications-2022-01-03T09_again.csv": textOf(first),
    [second.name]: textOf(second),
    "applications-2022-01-03T11.csv.part": `${HEADER}\nUma Unfin`,
  };
}

function textOf({ applications }: Delivery): string {
  return [HEADER, ...applications.map(({ line }) => line), ""].join("\n");
}

/** `outcome` is the name without titles, then the birthday. */
function good(line: string, outcome: string): Application {
  const words = outcome.split(" ");
  const first = words.slice(0, -2).join(" ");
  const member: Member = {
    first_name: first === "" ? null : first,
    last_name: words.at(-2) ?? "",
    birthday: words.at(-1) ?? "",
    mobile_no: (line.split(",")[3] ?? "").replaceAll(" ", ""),
  };
  return { line, member, faults: [] };
}

function bad(line: string, ...faults: readonly Fault[]): Application {
  return { line, member: undefined, faults };
}

function application(random: () => number): Application {
  const pick = (list: readonly string[]): string => list[Math.floor(random() * list.length)] ?? "";
  const digits = (count: number): string =>
    Array.from({ length: count }, () => Math.floor(random() * 10)).join("");
  const name = `${pick(FIRST_NAMES)} ${pick(LAST_NAMES)}`;
  const ending = pick(ENDINGS);
  const email = `${name.replace(" ", "_")}@${name.split(" ")[1]?.toLowerCase()}.${ending}`;
  const dayNumber = Math.floor(random() * 22_000);
  const born = new Date(Date.UTC(1950, 0, 1 + dayNumber)).toISOString().slice(0, 10);
  const [year, month, day] = born.split("-");
  const shapes = [
    `${year}/${month}/${day}`,
    born,
    `${month}/${day}/${year}`,
    `${day}-${month}-${year}`,
  ];
  const isShort = random() < 0.3;
  const mobile = isShort ? digits(6) : random() < 0.2 ? `${digits(4)} ${digits(4)}` : digits(8);
  const line = [name, email, pick(shapes), mobile].join(",");
  const faults: Fault[] = [
    ...(ending === "com" || ending === "net" ? [] : (["email pattern"] as const)),
    ...(isShort ? (["mobile_no pattern"] as const) : []),
    ...(born >= "2004-01-01" ? (["age"] as const) : []),
  ];
  return faults.length > 0 ? bad(line, ...faults) : good(line, `${name} ${year}${month}${day}`);
}

function shuffled<T>(list: readonly T[], random: () => number): T[] {
  return list
    .map((one) => ({ one, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ one }) => one);
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

if (import.meta.main) {
  const folder = join(import.meta.dirname, "sample");
  await mkdir(folder, { recursive: true });
  for (const [name, content] of Object.entries(sampleFiles())) {
    await writeFile(join(folder, name), content);
  }
}
