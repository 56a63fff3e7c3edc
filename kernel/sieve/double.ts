/**
 * Decimal texts as doubles, each the one nearest to what is written (Lemire, "Number Parsing at a Gigabyte per Second",
 * 2021; that the product of 128 bits is always enough: Mushtak and Lemire, "Fast Number Parsing Without Fallback", 2023).
 */

/** What `toDouble` gives where it does not know: neither zero nor a normal number. */
export const UNKNOWN: u64 = ~(<u64>0);
/** The powers of ten that are told of, and those that a double holds exactly. */
const LEAST_POWER: i32 = -130;
const MOST_POWER: i32 = 130;
const EXACT_POWER: i32 = 22;
const EXACT_POWERS: usize = memory.data<f64>([
  1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17,
  1e18, 1e19, 1e20, 1e21, 1e22,
]);
const EXACT_DIGITS: u64 = (<u64>1) << 53;
/** Bits behind the first one. */
const FRACTION_BITS: i32 = 52;
const EXPONENT_BIAS: i32 = 1023;

/** Powers of five from `LEAST_POWER` to `MOST_POWER`: 128 bits each, shifted so that the first is set, the upper half in front. */
let powers: usize = 0;

export function setPowers(at: usize): void {
  powers = at;
}

let low: u64 = 0;

/** The upper half of the product; the lower one is in `low`. */
function multiply(one: u64, other: u64): u64 {
  const a = one >> 32;
  const b = one & 0xffff_ffff;
  const c = other >> 32;
  const d = other & 0xffff_ffff;
  const bd = b * d;
  const ad = a * d + (bd >> 32);
  const bc = b * c + (ad & 0xffff_ffff);
  low = (bc << 32) | (bd & 0xffff_ffff);
  return a * c + (ad >> 32) + (bc >> 32);
}

/** The bits of `digits` times ten to the power, without a sign. */
export function toDouble(digits: u64, power: i32): u64 {
  if (digits == 0) return 0;
  if (digits <= EXACT_DIGITS && power >= -EXACT_POWER && power <= EXACT_POWER) {
    const at = EXACT_POWERS + ((<usize>abs(power)) << 3);
    const value = power < 0 ? <f64>digits / load<f64>(at) : <f64>digits * load<f64>(at);
    return reinterpret<u64>(value);
  }
  if (power < LEAST_POWER || power > MOST_POWER) return UNKNOWN;
  const shift = <i32>clz(digits);
  const shifted = digits << shift;
  const at = powers + ((<usize>(power - LEAST_POWER)) << 4);
  let high = multiply(shifted, load<u64>(at));
  if ((high & 0x1ff) == 0x1ff) {
    const first = low;
    const more = multiply(shifted, load<u64>(at, 8));
    low = first + more;
    if (low < more) high++;
  }
  const upper = <i32>(high >> 63);
  const cut = upper + 64 - FRACTION_BITS - 3;
  let fraction = high >> cut;
  let exponent = (((152170 + 65536) * power) >> 16) + 63 + upper - shift + EXPONENT_BIAS;
  if (exponent <= 0) return UNKNOWN;
  // Exactly between two doubles: the even one.
  if (low <= 1 && power >= -4 && power <= 23 && (fraction & 3) == 1 && fraction << cut == high)
    fraction &= ~1;
  fraction = (fraction + (fraction & 1)) >> 1;
  if (fraction >= (<u64>2) << FRACTION_BITS) {
    fraction = (<u64>1) << FRACTION_BITS;
    exponent++;
  }
  if (exponent >= 2 * EXPONENT_BIAS + 1) return UNKNOWN;
  return (fraction & ~((<u64>1) << FRACTION_BITS)) | ((<u64>exponent) << FRACTION_BITS);
}
