/** The JSON document of `millrace run --json`, read into what `npm start` shows of it. */

export const LEDGER_FIELDS = [
  "read",
  "written",
  "quarantined",
  "deduplicated",
  "filtered",
] as const;
type LedgerField = (typeof LEDGER_FIELDS)[number];

export interface RunReport {
  readonly project: string;
  readonly state: string;
  readonly steps: readonly StepReport[];
  /** Why the run as a whole could not begin or end. */
  readonly error: ErrorReport | undefined;
}

export interface ErrorReport {
  readonly message: string;
  readonly hint: string;
}

interface StepReport {
  readonly asset: string;
  readonly kind: string;
  readonly state: string;
  readonly ledger: Readonly<Record<LedgerField, bigint>>;
  readonly outputs: readonly string[];
  readonly error: ErrorReport | undefined;
}

/** What one system did: sums of its ingesting steps, where rows enter; what became of the others is in their own ledgers. */
interface SystemTotals {
  readonly ledger: Readonly<Record<LedgerField, bigint>>;
  readonly outputs: readonly string[];
}

/** Throws a SyntaxError that quotes the text where it is no such document. */
export function parseRunReport(text: string): RunReport {
  const { project, state, steps, error } = fieldsOf(parseJson(text));
  if (typeof project !== "string" || typeof state !== "string" || !Array.isArray(steps)) {
    throw new SyntaxError(`This is no report of a run: ${text.slice(0, 200)}`);
  }
  return { project, state, steps: steps.map(stepOf), error: errorOf(error) };
}

export function totalsOf({ steps }: RunReport): SystemTotals {
  const ledger = { ...NOTHING };
  for (const step of steps.filter(({ kind }) => kind === "ingest")) {
    for (const field of LEDGER_FIELDS) ledger[field] += step.ledger[field];
  }
  return {
    ledger,
    outputs: [...new Set(steps.flatMap(({ outputs }) => outputs))],
  };
}

const NOTHING: Readonly<Record<LedgerField, bigint>> = {
  read: 0n,
  written: 0n,
  quarantined: 0n,
  deduplicated: 0n,
  filtered: 0n,
};

function stepOf(value: unknown): StepReport {
  const step = fieldsOf(value);
  const counts = fieldsOf(step.ledger);
  const ledger = { ...NOTHING };
  for (const field of LEDGER_FIELDS) ledger[field] = countOf(counts[field]);
  return {
    asset: String(step.asset),
    kind: String(step.kind),
    state: String(step.state),
    ledger,
    outputs: Array.isArray(step.outputs) ? step.outputs.map(String) : [],
    error: errorOf(step.error),
  };
}

function errorOf(value: unknown): ErrorReport | undefined {
  if (value === undefined || value === null) return undefined;
  const { message, hint } = fieldsOf(value);
  return { message: String(message), hint: typeof hint === "string" ? hint : "" };
}

function countOf(value: unknown): bigint {
  return typeof value === "number" || typeof value === "string" ? BigInt(value) : 0n;
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SyntaxError(`This is no report of a run: ${text.slice(0, 200)}`, { cause });
  }
}
