/** Colours, where a terminal shows them and the person has not said otherwise. */

export interface Style {
  bold(text: string): string;
  faint(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  odd(text: string): string;
}

/** `NO_COLOR` turns colours off, `FORCE_COLOR` on also where there is no terminal (no-color.org, force-color.org). */
export function createStyle(
  isTerminal: boolean,
  environment: Readonly<Record<string, string | undefined>>,
): Style {
  const { NO_COLOR: no = "", FORCE_COLOR: force = "", TERM: terminal } = environment;
  const isForced = force !== "" && force !== "0" && force !== "false";
  const isRefused = no !== "" || force === "0" || force === "false" || terminal === "dumb";
  const isColoured = isForced || (isTerminal && !isRefused);
  const paint =
    (on: number, off: number) =>
    (text: string): string =>
      isColoured && text !== "" ? `\u001b[${on}m${text}\u001b[${off}m` : text;
  return {
    bold: paint(1, 22),
    faint: paint(2, 22),
    good: paint(32, 39),
    bad: paint(31, 39),
    odd: paint(33, 39),
  };
}
