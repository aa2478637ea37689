/**
 * Batches whose buffers are larger than what the device can bind: a kernel then takes them in runs of
 * consecutive items and is given the parts of the buffers that belong to each.
 */

import type { Binding, Gpu } from "./gpu.ts";

/** Consecutive items (images, or groups of rows) of a batch. */
export interface Run {
  readonly first: number;
  readonly count: number;
}

/** Bytes of an item in the buffers of a kernel. */
interface ItemBytes {
  /** In each buffer that is bound by parts. */
  readonly bound: readonly number[];
  /** In each scratch buffer that the kernel makes for a run. */
  readonly scratch?: readonly number[];
}

/** Most bytes of one scratch buffer that grows with the run: more gain no speed. */
const SCRATCH_LIMIT = 2 ** 28;

/**
 * Divides a batch into as few runs as its buffers need, of about the same size. One run takes whole
 * buffers; of several, each begins where all the buffers can be bound.
 *
 * @throws {RangeError} If the device cannot bind the least run.
 */
export function runsOf(gpu: Gpu, batch: number, { bound, scratch = [] }: ItemBytes): Run[] {
  const most = Math.min(
    ...bound.map((bytes) => Math.floor(gpu.bindingLimit / bytes)),
    ...scratch.map((bytes) => Math.floor(Math.min(gpu.bindingLimit, SCRATCH_LIMIT) / bytes)),
  );
  if (batch <= most) return [{ first: 0, count: batch }];
  const alignment = gpu.device.limits.minStorageBufferOffsetAlignment;
  let granule = 1;
  while (bound.some((bytes) => granule * bytes % alignment !== 0)) granule *= 2;
  const largest = Math.floor(most / granule) * granule;
  if (largest === 0) {
    throw new RangeError(
      `This adapter binds ${gpu.bindingLimit} bytes, less than ${granule} images or rows need`,
    );
  }
  const even = Math.ceil(batch / Math.ceil(batch / largest));
  const count = Math.min(largest, Math.ceil(even / granule) * granule);
  const runs = Array.from({ length: Math.ceil(batch / count) }, (_, run) => run * count);
  return runs.map((first) => ({ first, count: Math.min(count, batch - first) }));
}

/** The part of a buffer that holds a run's items, `bytes` each. */
export function part(binding: Binding, { first, count }: Run, bytes: number): GPUBufferBinding {
  if (binding instanceof GPUTextureView) throw new TypeError("A texture has no parts");
  const { buffer, offset = 0 } = binding instanceof GPUBuffer ? { buffer: binding } : binding;
  return { buffer, offset: offset + first * bytes, size: count * bytes };
}
