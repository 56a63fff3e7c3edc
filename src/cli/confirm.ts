/** A question to the person at the terminal, answered by y or anything else. */

import { createInterface } from "node:readline/promises";
import type { CommandContext } from "./context.ts";

/** True where somebody can be asked. */
export function canAsk({ output }: Pick<CommandContext, "output">): boolean {
  return output.out.isTerminal && process.stdin.isTTY === true && !output.isJson;
}

export async function confirm(
  { stop }: Pick<CommandContext, "stop">,
  question: string,
): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await lines.question(`${question} [y/N] `, { signal: stop.signal });
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}
