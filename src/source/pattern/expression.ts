/** What a text must be, byte by byte (UTF-8), in a form from which an automaton can be made. */

export type Expression =
  | { readonly kind: "bytes"; readonly bytes: ReadonlySet<number> }
  | { readonly kind: "sequence"; readonly items: readonly Expression[] }
  | { readonly kind: "choice"; readonly items: readonly Expression[] }
  | {
      readonly kind: "repeat";
      readonly item: Expression;
      readonly least: number;
      readonly most: number;
    };

export const ASCII: ReadonlySet<number> = byteRange(0x00, 0x7f);
const TAIL = bytes(byteRange(0x80, 0xbf));
/** A character of more than one byte, in a text that is known to be UTF-8. */
export const WIDE_CHARACTER: Expression = choice([
  sequence([bytes(byteRange(0xc2, 0xdf)), TAIL]),
  sequence([bytes(byteRange(0xe0, 0xef)), TAIL, TAIL]),
  sequence([bytes(byteRange(0xf0, 0xf4)), TAIL, TAIL, TAIL]),
]);

/** Both ends belong to it. */
export function byteRange(low: number, high: number): Set<number> {
  return new Set(Array.from({ length: high - low + 1 }, (_, step) => low + step));
}

export function bytes(of: ReadonlySet<number>): Expression {
  return { kind: "bytes", bytes: of };
}

export function sequence(items: readonly Expression[]): Expression {
  return { kind: "sequence", items };
}

export function choice(items: readonly Expression[]): Expression {
  return { kind: "choice", items };
}

/** `most` may be infinite. */
export function repeat(item: Expression, least: number, most: number): Expression {
  return { kind: "repeat", item, least, most };
}

export function textExpression(text: string): Expression {
  return sequence(Array.from(Buffer.from(text), (byte) => bytes(new Set([byte]))));
}
