/** Walks over bytes in WebAssembly, sixteen at a time: `byte-kernel.wat` says how, and `npm run kernel` makes this file's code of it. */

/** Bytes stand in `bytes`; after the last one that is looked at there must be room for fifteen more. */
export interface ByteKernel {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** How many line feeds stand in the range. */
  count(from: number, to: number): number;
  /** Whether the number of quotes is odd, going on from `odd`: 0 or 1; 2 where it is odd at a line feed. */
  parity(from: number, to: number, quote: number, odd: number): number;
  /** The number of a line without quotes. */
  sampleAll(from: number, to: number): number;
  /** The number of a line with so many quotes, the same however its fields are quoted. */
  sampleEnds(from: number, to: number, quote: number, quotes: number): number;
  /**
   * Writes those whole lines to `out` whose number stands in the filter, sixteen bytes each: where the line begins
   * and ends, its place among the lines of this call, and its quotes. `bits` masks a number.
   */
  find(
    from: number,
    to: number,
    quote: number,
    filter: number,
    bits: number,
    out: number,
    most: number,
  ): number;
  /** Where the first line begins that `find` did not finish. */
  readonly next: { readonly value: number };
  /** How many lines it finished. */
  readonly lines: { readonly value: number };
}

/** The part of it that is used here; the types of Node's own library leave it out. */
declare const WebAssembly: {
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

interface Exports extends Omit<ByteKernel, "bytes" | "view"> {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
}

const PAGE_BYTES = 65_536;
const CODE =
  "AGFzbQEAAAABHwRgAX8Bf2ACf38Bf2AEf39/fwF/YAd/f39/f39/AX8DCQgAAQIBAQICAwUDAQABBgsCfwFBAAt/AUEACwdKCAZtZW1vcnkCAARuZXh0AwAFbGluZXMDAQVjb3VudAABBnBhcml0eQACCXNhbXBsZUFsbAAECnNhbXBsZUVuZHMABQRmaW5kAAcKmgYICgBBASAAdEEBawtLAQJ/AkADQCAAIAFPDQEgAP0ABABBCv0P/SP9ZCEDIABBEGogAUsEQCADIAEgAGsQAHEhAwsgAiADaWohAiAAQRBqIQAMAAsLIAILlwECAXsDfwJAA0AgACABTw0BIAD9AAQAIQQgBEEK/Q/9I/1kIQUgBCAC/Q/9I/1kIQYgAEEQaiABSwRAIAEgAGsQACEHIAUgB3EhBSAGIAdxIQYLAkADQCAFRQ0BQQEgAyAGIAVoEABxaXNxBEBBAg8LIAUgBUEBa3EhBQwACwtBASADIAZpc3EhAyAAQRBqIQAMAAsLIAMLGAAgACABc0HrlK+veGwhACAAIABBDXZzC1kBAX8gASAAa0Gx893xeWwhAgJAA0AgAEEEaiABSw0BIAIgACgAABADIQIgAEEEaiEADAALCwJAA0AgACABTw0BIAIgAC0AABADIQIgAEEBaiEADAALCyACC5kBAQR/IAEgAGsgA2tB65Svr3hsIQQgACEFAkADQCAFIAFPDQEgBkEITw0BIAUtAAAhByAHIAJHBEAgBCAHEAMhBCAGQQFqIQYLIAVBAWohBQwACwtBACEGIAEhBQJAA0AgBSAATQ0BIAZBCE8NASAFQQFrIQUgBS0AACEHIAcgAkcEQCAEIAcQAyEEIAZBAWohBgsMAAsLIAQLGAAgAwR/IAAgASACIAMQBQUgACABEAQLC4ACAgF7CH8gACEIAkADQCAIIAFPDQEgCP0ABAAhByAHQQr9D/0j/WQhCiAHIAL9D/0j/WQhCyAKRQRAIAwgC2lqIQwgCEEQaiEIDAELIAggCmhqIQkgCSABTw0BIAwgCyAKaBAAcWlqIQwgCUEBaiEIIAkgAEsEQCAJIAlBAWstAABBDUZrIQkLIAAgCSACIAwQBiENIA0gBHEhDUEBIAMgDUEDdmotAAAgDUEHcXZxBEAgBSAANgIAIAUgCTYCBCAFIA82AgggBSAMNgIMIAVBEGohBSAOQQFqIQ4LIA9BAWohDyAIIQBBACEMIA4gBk8NAQwACwsgACQAIA8kASAOCw==";

let compiled: object | undefined;

/** A kernel with so many bytes of its own. */
export function openByteKernel(sizeBytes: number): ByteKernel {
  compiled ??= new WebAssembly.Module(Buffer.from(CODE, "base64"));
  const exports = new WebAssembly.Instance(compiled).exports as Exports;
  exports.memory.grow(Math.ceil(sizeBytes / PAGE_BYTES));
  const { buffer } = exports.memory;
  return { ...exports, bytes: new Uint8Array(buffer), view: new DataView(buffer) };
}
