/** Walks over bytes in WebAssembly, sixteen at a time: `kernel/byte` says how, and `npm run kernel` makes this file's code of it. */

import { type KernelMemory, type KernelValue, kernelOpener } from "./kernel.ts";

/** Bytes stand in `bytes`; after the last one that is looked at there must be room for fifteen more. */
export interface ByteKernel extends KernelMemory {
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
  readonly next: KernelValue;
  /** How many lines it finished. */
  readonly lines: KernelValue;
}

const CODE =
  "AGFzbQEAAAABGgNgBH9/f38Bf2ACf38Bf2AHf39/f39/fwF/AwYFAAEBAAIFAwEAAAYLAn8BQQALfwFBAAsHSggFY291bnQAAQRmaW5kAAQFbGluZXMDAQRuZXh0AwAGcGFyaXR5AAMJc2FtcGxlQWxsAAIKc2FtcGxlRW5kcwAABm1lbW9yeQIACtwHBa4BAQN/IAEgAGsgA2tB65Svr3hsIQRBCCEFIAAhAwNAIAEgA0sEQAJAIAMtAAAiBiACRwRAIAQgBnNB65Svr3hsIgQgBEENdnMhBCAFQQFrIgVFDQELIANBAWohAwwCCwsLQQghBQNAIAAgAUkEQAJAIAFBAWstAAAiAyACRwRAIAMgBHNB65Svr3hsIgMgA0ENdnMhBCAFQQFrIgVFDQELIAFBAWshAQwCCwsLIAQLhQEBAn8DQCAAQRBqIgIgAU0EQCADIAD9AAQA/QwKCgoKCgoKCgoKCgoKCgoK/SP9ZGlqIQMgAiEADAELCyAAIAFJBH8gAP0ABAD9DAoKCgoKCgoKCgoKCgoKCgr9I/1kIQIgAyAAQRBqIAFNBH8gAgUgAkEBIAEgAGt0QQFrcQtpagUgAwsLcAECfyABIABrQbHz3fF5bCEDA0AgAEEEaiICIAFNBEAgACgCACADc0HrlK+veGwiACAAQQ12cyEDIAIhAAwBCwsDQCAAIAFJBEAgAC0AACADc0HrlK+veGwiAiACQQ12cyEDIABBAWohAAwBCwsgAwuoAQICfwJ7IAL9DyEGA0AgACABSQRAIAD9AAQAIgf9DAoKCgoKCgoKCgoKCgoKCgr9I/1kIQIgByAG/SP9ZCEEIABBEGogAUsEQEEBIAEgAGt0QQFrIgUgAnEhAiAEIAVxIQQLA0AgAgRAIAMgBEEBIAJodEEBa3Fpc0EBcQRAQQIPCyACIAJBAWtxIQIMAQsLIAMgBGlzQQFxIQMgAEEQaiEADAELCyADC4cDAgh/AnsgAv0PIQ8gACEHA0AgASAHSwRAAkAgB/0ABAAiEP0MCgoKCgoKCgoKCgoKCgoKCv0j/WQhCSAQIA/9I/1kIQwgCUUEQCAIIAxpaiEIIAdBEGohBwwDCyAJaCIJIAdqIg0gAU8NACAIIAxBASAJdEEBa3FpaiEOIA1BAWsiByANIAAgDUkEfyAHLQAAQQ1GBUEACxshDCADIA4EfyAAIAwgAiAOEAAFIAwgACIHa0Gx893xeWwhCQNAIAdBBGoiCCAMTQRAIAcoAgAgCXNB65Svr3hsIgcgB0ENdnMhCSAIIQcMAQsLA0AgByAMSQRAIActAAAgCXNB65Svr3hsIgggCEENdnMhCSAHQQFqIQcMAQsLIAkLIARxIgdBA3ZqLQAAIAdBB3F1QQFxBEAgBSAANgIAIAUgDDYCBCAFIAo2AgggBSAONgIMIAtBAWohCyAFQRBqIQULIApBAWohCkEAIQggDUEBaiIHIQAgBiALTQ0ADAILCwsgACQAIAokASALCw==";

/** A kernel with so many bytes of its own from `FREE_FROM` on. */
export const openByteKernel = kernelOpener<ByteKernel>(CODE);
