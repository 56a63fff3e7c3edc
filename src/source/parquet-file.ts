/** The first look at a Parquet file from outside: its marks at both ends and the length of its footer. */

import { open } from "node:fs/promises";
import { MillraceError } from "../base/error.ts";

const MARK = "PAR1";

/** Throws `source/bad-parquet` where no reader could begin. */
export async function checkParquet(path: string): Promise<void> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const head = Buffer.alloc(4);
    const tail = Buffer.alloc(8);
    if (size >= 12) {
      await file.read(head, 0, 4, 0);
      await file.read(tail, 0, 8, size - 8);
    }
    const footerBytes = tail.readUInt32LE(0);
    const end = tail.toString("latin1", 4);
    if (end === "PARE") throw bad("is an encrypted Parquet file");
    if (head.toString("latin1") !== MARK)
      throw bad("is no Parquet file: it does not begin with PAR1");
    if (end !== MARK)
      throw bad("is a Parquet file without its end: it was cut off or is still being written");
    if (footerBytes === 0 || footerBytes > size - 12) {
      throw bad(`is a damaged Parquet file: its footer claims ${footerBytes} of ${size} bytes`);
    }
  } finally {
    await file.close();
  }
}

function bad(message: string): MillraceError {
  return new MillraceError(message, {
    code: "source/bad-parquet",
    hint: "Ask for the file again.",
  });
}
