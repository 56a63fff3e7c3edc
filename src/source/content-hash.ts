/** A quick name for the content of a file: xxHash64 and the length, which tell files apart and prove nothing against an attacker. */

import xxhash from "xxhash-wasm";

export interface ContentHash {
  update(bytes: Uint8Array): void;
  /** `xxh64:9c1f...-5120`: the hash in hex, the length in bytes. */
  digest(): string;
}

export async function openContentHash(): Promise<ContentHash> {
  const hash = (await xxhash()).create64();
  let length = 0;
  return {
    update(bytes) {
      hash.update(bytes);
      length += bytes.length;
    },
    digest: () => `xxh64:${hash.digest().toString(16).padStart(16, "0")}-${length}`,
  };
}
