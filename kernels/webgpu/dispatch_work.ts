/** What dispatches have to do at least, for whoever holds their times against what a device can. */

import type { Binding, Kernel } from "./kernel.ts";

/** What a dispatch has to do at least. */
interface DispatchWork {
  /** File and entry point of the kernel. */
  readonly name: string;
  /** Multiplications and additions; 0 where nobody has counted. */
  readonly flops: number;
  /** Bytes of the buffers that are bound, each read or written once. */
  readonly bytes: number;
}

const works = new WeakMap<GPUBindGroup, DispatchWork>();

/** Notes what a dispatch with this bind group has to do. */
export function noteWork(
  bindGroup: GPUBindGroup,
  { label, entry, flops = 0 }: Kernel,
  bindings: readonly Binding[],
): void {
  const bytes = bindings.map((binding) => {
    // The dispatch does not tell how much of a texture it reads.
    if (binding instanceof GPUTextureView) return 0;
    return binding instanceof GPUBuffer ? binding.size : binding.size ?? binding.buffer.size;
  });
  const name = entry && entry !== "main" ? `${label}.${entry}` : label;
  works.set(bindGroup, { name, flops, bytes: bytes.reduce((sum, one) => sum + one, 0) });
}

/** What was noted; undefined for a dispatch of tfjs's own. */
export function workOf(bindGroup: GPUBindGroup): DispatchWork | undefined {
  return works.get(bindGroup);
}
