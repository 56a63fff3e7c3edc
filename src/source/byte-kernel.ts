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
  "AGFzbQEAAAABGgNgBH9/f38Bf2ACf38Bf2AHf39/f39/fwF/AwYFAAEBAAIFAwEAAAYLAn8BQQALfwFBAAsHSggFY291bnQAAQRmaW5kAAQFbGluZXMDAQRuZXh0AwAGcGFyaXR5AAMJc2FtcGxlQWxsAAIKc2FtcGxlRW5kcwAABm1lbW9yeQIACusIBa4BAQN/IAEgAGsgA2tB65Svr3hsIQRBCCEFIAAhAwNAIAEgA0sEQAJAIAMtAAAiBiACRwRAIAQgBnNB65Svr3hsIgQgBEENdnMhBCAFQQFrIgVFDQELIANBAWohAwwCCwsLQQghBQNAIAAgAUkEQAJAIAFBAWstAAAiAyACRwRAIAMgBHNB65Svr3hsIgMgA0ENdnMhBCAFQQFrIgVFDQELIAFBAWshAQwCCwsLIAQLcwECfwNAIABBEGoiAyABTQRAIAIgAP0ABAD9DAoKCgoKCgoKCgoKCgoKCgr9I/1kaWohAiADIQAMAQsLIAAgAUkEfyACIAD9AAQA/QwKCgoKCgoKCgoKCgoKCgoK/SP9ZEEBIAEgAGt0QQFrcWlqBSACCwtwAQJ/IAEgAGtBsfPd8XlsIQIDQCAAQQRqIgMgAU0EQCAAKAIAIAJzQeuUr694bCIAIABBDXZzIQIgAyEADAELCwNAIAAgAUkEQCAALQAAIAJzQeuUr694bCIDIANBDXZzIQIgAEEBaiEADAELCyACC6gBAgJ/AnsgAv0PIQYDQCAAIAFJBEAgAP0ABAAiB/0MCgoKCgoKCgoKCgoKCgoKCv0j/WQhAiAHIAb9I/1kIQQgAEEQaiABSwRAQQEgASAAa3RBAWsiBSACcSECIAQgBXEhBAsDQCACBEAgAyAEQQEgAmh0QQFrcWlzQQFxBEBBAg8LIAIgAkEBa3EhAgwBCwsgAyAEaXNBAXEhAyAAQRBqIQAMAQsLIAMLqQQCCn8CeyAC/Q8hESAAIQcDQCABIAdLBEACQCAH/QAEACIS/QwKCgoKCgoKCgoKCgoKCgoK/SP9ZCEKIBIgEf0j/WQhCCAKRQRAIAkgCGlqIQkgB0EQaiEHDAMLIAcgCmgiCmoiDCABTw0AIAkgCEEBIAp0QQFrcWlqIQ0gDEEBayIHIAwgACAMSQR/IActAABBDUYFQQALGyEKIAMgDQR/IAoiByAAayANa0HrlK+veGwhCEEIIQsgACEJA0AgByAJSwRAAkAgCS0AACIQIAJHBEAgCCAQc0HrlK+veGwiCCAIQQ12cyEIIAtBAWsiC0UNAQsgCUEBaiEJDAILCwtBCCELA0AgACAHSQRAAkAgB0EBay0AACIJIAJHBEAgCCAJc0HrlK+veGwiCSAJQQ12cyEIIAtBAWsiC0UNAQsgB0EBayEHDAILCwsgCAUgCiAAIgdrQbHz3fF5bCEIA0AgB0EEaiIJIApNBEAgBygCACAIc0HrlK+veGwiByAHQQ12cyEIIAkhBwwBCwsDQCAHIApJBEAgBy0AACAIc0HrlK+veGwiCSAJQQ12cyEIIAdBAWohBwwBCwsgCAsgBHEiB0EDdmotAAAgB0EHcXVBAXEEQCAFIAA2AgAgBSAKNgIEIAUgDjYCCCAFIA02AgwgD0EBaiEPIAVBEGohBQsgDkEBaiEOQQAhCSAMQQFqIgchACAGIA9NDQAMAgsLCyAAJAAgDiQBIA8L";

/** A kernel with so many bytes of its own from `FREE_FROM` on. */
export const openByteKernel = kernelOpener<ByteKernel>(CODE);
