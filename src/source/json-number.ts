/** The grammar of JSON numbers (RFC 8259, section 6), one byte after another. */

/** What has been read of a number: a sign, a leading zero, whole digits, a point, and so on. */
export type NumberPart =
  | "sign"
  | "zero"
  | "whole"
  | "point"
  | "fraction"
  | "exponent"
  | "exponent sign"
  | "exponent digits";

/** The part that a first byte begins, or undefined where no number begins so. */
export function beginNumber(byte: number): NumberPart | undefined {
  if (byte === 0x2d) return "sign";
  if (!isDigit(byte)) return undefined;
  return byte === 0x30 ? "zero" : "whole";
}

/** The part after one more byte, or undefined where the byte does not belong to the number. */
export function goOnNumber(part: NumberPart, byte: number): NumberPart | undefined {
  const isZero = byte === 0x30;
  switch (part) {
    case "sign":
      return isDigit(byte) ? (isZero ? "zero" : "whole") : undefined;
    case "zero":
      return pointOrExponent(byte);
    case "whole":
      return isDigit(byte) ? "whole" : pointOrExponent(byte);
    case "point":
      return isDigit(byte) ? "fraction" : undefined;
    case "fraction":
      return isDigit(byte) ? "fraction" : exponent(byte);
    case "exponent":
      if (byte === 0x2b || byte === 0x2d) return "exponent sign";
      return isDigit(byte) ? "exponent digits" : undefined;
    default:
      return isDigit(byte) ? "exponent digits" : undefined;
  }
}

/** True where the number may be over. */
export function isWholeNumber(part: NumberPart): boolean {
  return part === "zero" || part === "whole" || part === "fraction" || part === "exponent digits";
}

function pointOrExponent(byte: number): NumberPart | undefined {
  return byte === 0x2e ? "point" : exponent(byte);
}

function exponent(byte: number): NumberPart | undefined {
  return byte === 0x65 || byte === 0x45 ? "exponent" : undefined;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}
