/** What went wrong, told to a person or a program. */

import { MillraceError, messageOf } from "../base/error.ts";
import { visibleLines } from "./character.ts";
import type { Output } from "./output.ts";

export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

export function failureOf(error: unknown): Failure {
  if (error instanceof MillraceError) {
    const { code, message, hint } = error;
    return { code, message, ...(hint === undefined || hint === "" ? {} : { hint }) };
  }
  return {
    code: "bug",
    message: `Bug: ${messageOf(error).replace(/^Bug: */, "")}`,
    hint: "This is a defect of Millrace and none of yours. Please report it, with what the same command shows with --debug.",
  };
}

/** 2 where the command line is at fault, else 1. */
export function exitCodeOf(error: unknown): number {
  return error instanceof MillraceError && error.code.startsWith("cli/") ? 2 : 1;
}

export function renderFailure({ code, message, hint }: Failure, { style }: Output["err"]): string {
  const head = `${style.bad("error")}${style.faint(`[${code}]`)}: ${visibleLines(message)}\n`;
  return hint === undefined ? head : `${head}  ${visibleLines(hint).replaceAll("\n", "\n  ")}\n`;
}

/** Where in the program it came from, with all its causes. */
export function renderTrace(error: unknown): string {
  const parts: string[] = [];
  for (let at: unknown = error; at !== undefined && parts.length < 10; ) {
    parts.push(at instanceof Error ? (at.stack ?? at.message) : String(at));
    at = at instanceof Error ? at.cause : undefined;
  }
  return `${visibleLines(parts.join("\ncaused by: "))}\n`;
}
