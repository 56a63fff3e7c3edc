/** What the sieve writes: lines that passed, each with its number, and the places of those that did not. */

const DIGITS: usize = 16;
const NINE: u32 = 0x39;

/** Where the next byte goes. */
export let out: usize = 0;
/** How many lines were written, how many were held back, and how many were looked at, blank ones included. */
let passed: u32 = 0;
export let held: u32 = 0;
let lines: u32 = 0;

let heldAt: usize = 0;
/** The number of the next line: its digits stand right-aligned in sixteen bytes, zeros before them as bytes of 0. */
let numberAt: usize = 0;
let numberBytes: usize = 1;

export function begin(outAt: usize, heldTo: usize, number: usize): void {
  out = outAt;
  heldAt = heldTo;
  numberAt = number;
  passed = 0;
  held = 0;
  lines = 0;
  numberBytes = DIGITS;
  while (numberBytes > 1 && load<u8>(number + DIGITS - numberBytes) == 0) numberBytes--;
}

export function writeByte(byte: u32): void {
  store<u8>(out, <u8>byte);
  out++;
}

/** May write up to fifteen bytes more, which the next ones are written over. */
export function writeBytes(from: usize, to: usize): void {
  let target = out;
  for (let at = from; at < to; at += 16) {
    v128.store(target, v128.load(at));
    target += 16;
  }
  out += to - from;
}

export function writeNumber(): void {
  v128.store(out, v128.load(numberAt + DIGITS - numberBytes));
  out += numberBytes;
}

/** The line is written to its end. */
export function pass(): void {
  passed++;
  endLine();
}

/** The line is done, whatever became of it. */
export function endLine(): void {
  lines++;
  let digit = numberAt + DIGITS - 1;
  while (load<u8>(digit) == NINE) store<u8>(digit--, 0x30);
  const value = load<u8>(digit);
  if (value == 0) numberBytes++;
  store<u8>(digit, value == 0 ? 0x31 : value + 1);
}

/** Behind the sixteen bytes of the number: where the output ends, and how many lines passed, were held, and were seen. */
export function tell(): void {
  store<u32>(numberAt, <u32>out, 16);
  store<u32>(numberAt, passed, 20);
  store<u32>(numberAt, held, 24);
  store<u32>(numberAt, lines, 28);
}

/** The line is held back, and what was written of it is not. Its place is told as three words: from, to, and its number in this call from 0. */
export function hold(from: usize, to: usize, outBefore: usize): void {
  out = outBefore;
  store<u32>(heldAt, <u32>from);
  store<u32>(heldAt, <u32>to, 4);
  store<u32>(heldAt, lines, 8);
  heldAt += 12;
  held++;
  endLine();
}
