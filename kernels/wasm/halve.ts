/** Pictures to half their size, with SIMD in WebAssembly (`wat/halve.ts`). */

import binary from "./binaries/halve.wasm" with { type: "bytes" };

/** What is in the module; arguments are as its text names them. */
interface Module {
  readonly memory: WebAssembly.Memory;
  readonly halve: (from: number, to: number, bytes: number, rows: number) => void;
}

/** One a thread. */
let module: Module | null = null;

/** Bytes of a page of memory. */
const PAGE = 65536;
/** Bytes of the source that are halved at once, so that memory stays small whatever the picture. */
const BAND = 2 ** 20;
/** Bytes behind source and target, which are read and overwritten. */
const SLACK = 64;

/** Halves u8 [2 height, 2 width, 3] to u8 [height, width, 3], the means of four, rounded half up. */
export function halve(
  data: Uint8Array,
  width: number,
  height: number,
): Uint8Array<ArrayBuffer> {
  const { memory, halve } = module ??= start();
  const bytes = 3 * width;
  const most = Math.min(height, Math.max(1, Math.floor(BAND / (4 * bytes))));
  const to = 4 * bytes * most + SLACK;
  const missing = to + bytes * most + SLACK - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
  const held = new Uint8Array(memory.buffer);
  const halved = new Uint8Array(bytes * height);
  for (let first = 0; first < height; first += most) {
    const rows = Math.min(most, height - first);
    held.set(data.subarray(4 * bytes * first, 4 * bytes * (first + rows)));
    halve(0, to, bytes, rows);
    halved.set(held.subarray(to, to + bytes * rows), bytes * first);
  }
  return halved;
}

function start(): Module {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(binary));
  return instance.exports as unknown as Module;
}
