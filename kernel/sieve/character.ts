/** Bytes of numbers and times. */

export const MINUS: u32 = 0x2d;
export const PLUS: u32 = 0x2b;
export const POINT: u32 = 0x2e;
export const COLON: u32 = 0x3a;
export const ZERO: u32 = 0x30;
export const FIVE: u32 = 0x35;
