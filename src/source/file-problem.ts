/** Why a file as a whole is turned away. */

export interface FileProblem {
  readonly rule: "file";
  /** Said of the file: "is HTML, not CSV". */
  readonly message: string;
  /** Counted from 1, where the problem has a place. */
  readonly line?: number;
  /** True where the file is to be tried again in the next run rather than turned away: it changed or went away. */
  readonly unsettled?: true;
}
