/** Z85, the text form of bytes in deletion vectors (ZeroMQ RFC 32): five characters for four bytes. */

const ALPHABET =
  "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
const VALUES = new Map([...ALPHABET].map((char, value) => [char, value]));

/** The bytes, whose number is a multiple of four. */
export function encodeZ85(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let text = "";
  for (let at = 0; at < bytes.byteLength; at += 4) {
    let word = view.getUint32(at);
    let group = "";
    for (let digit = 0; digit < 5; digit += 1) {
      group = (ALPHABET[word % 85] ?? "") + group;
      word = Math.floor(word / 85);
    }
    text += group;
  }
  return text;
}

/** Undefined where the text is not Z85. */
export function decodeZ85(text: string): Uint8Array | undefined {
  if (text.length % 5 !== 0) return undefined;
  const bytes = new Uint8Array((text.length / 5) * 4);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < text.length; at += 5) {
    let word = 0;
    for (const char of text.slice(at, at + 5)) {
      const value = VALUES.get(char);
      if (value === undefined) return undefined;
      word = word * 85 + value;
    }
    if (word > 0xffff_ffff) return undefined;
    view.setUint32((at / 5) * 4, word);
  }
  return bytes;
}
