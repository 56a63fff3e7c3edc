/** Text that waits until it is whole: in memory while it is little, else in a temporary file. */

import { type FileHandle, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Spool {
  write(text: string): Promise<void>;
  /** All that was written, in pieces. */
  read(): AsyncGenerator<string>;
  /** Removes the file, if there is one. */
  close(): Promise<void>;
}

const MOST_CHARACTERS = 4_000_000;

export async function openSpool(): Promise<Spool> {
  let held: string[] = [];
  let size = 0;
  let file: { readonly folder: string; readonly handle: FileHandle } | undefined;
  return {
    async write(text) {
      held.push(text);
      size += text.length;
      if (size < MOST_CHARACTERS) return;
      file ??= await openFile();
      await file.handle.write(held.join(""));
      held = [];
      size = 0;
    },
    async *read() {
      if (file !== undefined) {
        const stream = file.handle.createReadStream({
          start: 0,
          autoClose: false,
          encoding: "utf8",
          highWaterMark: 1 << 20,
        });
        // Lines are kept whole: what follows looks for secrets in them.
        let rest = "";
        for await (const piece of stream as AsyncIterable<string>) {
          const end = piece.lastIndexOf("\n") + 1;
          if (end > 0) yield rest + piece.slice(0, end);
          rest = end > 0 ? piece.slice(end) : rest + piece;
        }
        held.unshift(rest);
      }
      yield held.join("");
    },
    async close() {
      if (file === undefined) return;
      await file.handle.close();
      await rm(file.folder, { recursive: true, force: true });
    },
  };
}

async function openFile(): Promise<{ folder: string; handle: FileHandle }> {
  const folder = await mkdtemp(join(tmpdir(), "millrace-output-"));
  return { folder, handle: await open(join(folder, "text"), "wx+", 0o600) };
}
