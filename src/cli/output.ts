/** Where a command speaks: results on standard output, progress and remarks on standard error, secrets on neither. */

import { MillraceError, messageOf, systemCodeOf } from "../base/error.ts";
import { renderJson } from "../base/json.ts";
import { createMask, type Mask } from "./mask.ts";
import { createStyle, type Style } from "./style.ts";

/** A terminal or not. */
interface Screen {
  readonly isTerminal: boolean;
  /** Undefined where it is no terminal. */
  readonly width: number | undefined;
  readonly style: Style;
}

export interface Output {
  readonly isJson: boolean;
  readonly isQuiet: boolean;
  readonly out: Screen;
  readonly err: Screen;
  /** Text of the result; resolves when there is room for more. */
  result(text: string): Promise<void>;
  /** Finished JSON text. */
  json(text: string): Promise<void>;
  /** The one JSON document of a command. */
  document(value: unknown): Promise<void>;
  /** A line of remark, which a quiet command keeps to itself. */
  remark(text: string): void;
  /** Text on standard error as it is. */
  error(text: string): void;
  /** These values are never shown from now on; asked for each time. */
  hide(secrets: () => readonly string[]): void;
}

/** The reader of standard output has gone, as `head` does: no failure, and nothing more to do. */
export class ReaderGone extends Error {}

export function openOutput(
  { stdout, stderr }: Pick<NodeJS.Process, "stdout" | "stderr">,
  how: {
    readonly isJson: boolean;
    readonly isQuiet: boolean;
    readonly environment: Readonly<Record<string, string | undefined>>;
  },
): Output {
  let mask: Mask = createMask(() => []);
  // The failure of a write is told to whoever waits for it.
  stdout.on("error", () => {});
  stderr.on("error", () => {});
  const write = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      stdout.write(text, (error) => {
        if (error === null || error === undefined) resolve();
        else reject(outputError(error));
      });
    });
  return {
    ...how,
    out: screenOf(stdout, how.environment),
    err: screenOf(stderr, how.environment),
    result: (text) => write(mask.text(text)),
    json: (text) => write(mask.json(text)),
    document: (value) => write(`${mask.json(renderJson(value))}\n`),
    remark: (text) => {
      if (!how.isQuiet) stderr.write(`${mask.text(text)}\n`);
    },
    error: (text) => {
      stderr.write(mask.text(text));
    },
    hide: (secrets) => {
      mask = createMask(secrets);
    },
  };
}

function screenOf(
  stream: NodeJS.WriteStream,
  environment: Readonly<Record<string, string | undefined>>,
): Screen {
  const isTerminal = stream.isTTY === true;
  return {
    isTerminal,
    // Read each time: a window may change its size.
    get width() {
      return isTerminal ? Math.max(20, stream.columns || 80) : undefined;
    },
    style: createStyle(isTerminal, environment),
  };
}

function outputError(error: Error): Error {
  if (["EPIPE", "ERR_STREAM_DESTROYED"].includes(systemCodeOf(error) ?? "")) {
    return new ReaderGone("The reader of standard output has gone", { cause: error });
  }
  return new MillraceError(`The output could not be written: ${messageOf(error)}`, {
    code: "output/not-written",
    hint: "See whether the disk behind it is full.",
    cause: error,
  });
}
