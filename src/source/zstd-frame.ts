/**
 * The frames of a zstd file (RFC 8878, section 3.1): a file is any number of them, one after another.
 *
 * A frame is a magic number, a descriptor byte that tells how many header bytes follow, blocks of a
 * three-byte header and their content, and four bytes of checksum where the descriptor says so. A
 * skippable frame is a magic number, four bytes of size and so many bytes that mean nothing here.
 */

import { MillraceError } from "../base/error.ts";

const MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;

/** Each frame as a stream of its bytes, to be read to its end before the next. */
export async function* zstdFrames(
  raw: AsyncIterable<Buffer>,
): AsyncGenerator<AsyncIterable<Buffer>> {
  const source = raw[Symbol.asyncIterator]();
  const walk = frameWalk();
  let piece: Buffer = Buffer.alloc(0);
  const refill = async (): Promise<boolean> => {
    while (piece.length === 0) {
      const next = await source.next();
      if (next.done === true) return false;
      piece = next.value;
    }
    return true;
  };
  try {
    while (await refill()) {
      yield (async function* frame() {
        while (await refill()) {
          const { bytes, ended } = walk.advance(piece);
          const part = piece.subarray(0, bytes);
          piece = piece.subarray(bytes);
          yield part;
          if (ended) return;
        }
        throw broken("it ends too early");
      })();
    }
  } finally {
    await source.return?.();
  }
}

interface Advance {
  /** How many bytes of the piece belong to the frame. */
  readonly bytes: number;
  readonly ended: boolean;
}

/** Follows the structure of a frame without unpacking it. */
function frameWalk(): { advance(piece: Buffer): Advance } {
  let phase: "magic" | "size" | "descriptor" | "block" = "magic";
  let wanted = 4;
  let held: number[] = [];
  let skip = 0;
  let hasChecksum = false;
  let isLast = false;

  const read = (): void => {
    const value = held.reduce((sum, byte, index) => sum + byte * 2 ** (8 * index), 0);
    if (phase === "magic") {
      const skippable = value >= SKIPPABLE_MAGIC && value <= SKIPPABLE_MAGIC + 15;
      if (!skippable && value !== MAGIC) throw broken("other bytes follow its end");
      isLast = false;
      expect(skippable ? "size" : "descriptor", skippable ? 4 : 1);
    } else if (phase === "size") {
      skip = value;
      isLast = true;
    } else if (phase === "descriptor") {
      const isSingle = (value & 0x20) !== 0;
      const sizeFlag = value >> 6;
      const sizeBytes = sizeFlag === 0 ? Number(isSingle) : 2 ** sizeFlag;
      skip = Number(!isSingle) + ((1 << (value & 3)) >> 1) + sizeBytes;
      hasChecksum = (value & 4) !== 0;
      expect("block", 3);
    } else {
      const kind = (value >> 1) & 3;
      if (kind === 3) throw broken("a block of no known kind");
      isLast = (value & 1) !== 0;
      skip = (kind === 1 ? 1 : value >> 3) + (isLast && hasChecksum ? 4 : 0);
      expect("block", 3);
    }
  };
  const expect = (next: typeof phase, bytes: number): void => {
    phase = next;
    wanted = bytes;
    held = [];
  };

  return {
    advance(piece) {
      let at = 0;
      while (at < piece.length) {
        if (skip > 0) {
          const step = Math.min(skip, piece.length - at);
          skip -= step;
          at += step;
        } else {
          held.push(piece[at] ?? 0);
          at += 1;
          if (held.length === wanted) read();
        }
        if (skip === 0 && isLast) {
          isLast = false;
          expect("magic", 4);
          return { bytes: at, ended: true };
        }
      }
      return { bytes: at, ended: false };
    },
  };
}

function broken(what: string): MillraceError {
  return new MillraceError(`is damaged zstd data: ${what}`, {
    code: "source/bad-compression",
    hint: "Ask for the file again; it was probably cut off on its way.",
  });
}
