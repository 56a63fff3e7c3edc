/** The one error class: what happened to what, a code that never changes, and a hint that says what to do. */

export interface ErrorDetails {
  /** `area/what`, listed in docs/reference/errors.md; never changes once published. */
  readonly code: string;
  /** What the reader can do about it. */
  readonly hint?: string;
  /** True when the same act may succeed if tried again later. */
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

/** A failure of the user's input or of the world. A defect of Millrace itself is a plain `Error` that begins with "Bug: ". */
export class MillraceError extends Error {
  readonly code: string;
  readonly hint: string | undefined;
  readonly retryable: boolean;

  constructor(message: string, { code, hint, retryable = false, cause }: ErrorDetails) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "MillraceError";
    this.code = code;
    this.hint = hint;
    this.retryable = retryable;
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The `code` that Node and libraries put on their errors (`ENOENT`), or undefined. */
export function systemCodeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string"
    ? error.code
    : undefined;
}
