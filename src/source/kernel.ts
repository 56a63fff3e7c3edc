/** Opens kernels: loops over bytes in WebAssembly, made of `kernel/` and held as text by the files that open them. */

/** Calls take places in `bytes` from `FREE_FROM` on; what lies below is the kernel's own. */
export interface KernelMemory {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** A global variable of a kernel. */
export interface KernelValue {
  readonly value: number;
}

/** The part of it that is used here; the types of Node's own library leave it out. */
declare const WebAssembly: {
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

interface Exported {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
}

export const FREE_FROM = 65_536;
const PAGE_BYTES = 65_536;

/**
 * Gives what opens a kernel with so many bytes from `FREE_FROM` on. A page more lies behind them, since a walk looks at
 * bytes behind the last one. The code, in base64, exports what `Kernel` names; it is compiled once.
 */
export function kernelOpener<Kernel extends KernelMemory>(
  code: string,
): (sizeBytes: number) => Kernel {
  let compiled: object | undefined;
  return (sizeBytes) => {
    compiled ??= new WebAssembly.Module(Buffer.from(code, "base64"));
    const { memory, ...calls } = new WebAssembly.Instance(compiled).exports as Exported;
    if (memory.buffer.byteLength > FREE_FROM)
      throw new Error(`Bug: the constants of a kernel reach beyond ${FREE_FROM}`);
    memory.grow(Math.ceil((FREE_FROM + sizeBytes) / PAGE_BYTES) + 1);
    const { buffer } = memory;
    return { ...calls, bytes: new Uint8Array(buffer), view: new DataView(buffer) } as Kernel;
  };
}
