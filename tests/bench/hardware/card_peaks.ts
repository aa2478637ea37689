/**
 * What a device can do, measured by two small kernels: how fast it computes in registers, and how fast it
 * moves memory.
 */

import type { Gpu } from "../../../kernels/webgpu/gpu.ts";
import { secondsOf } from "../../../kernels/webgpu/timing.ts";
import type { CardPeaks } from "./results.ts";
import source from "./card_peaks.wgsl" with { type: "text" };

const WORKGROUP = 256;
/** Chains of four numbers, a multiplication and an addition each. */
const FLOPS_A_ROUND = 8 * 4 * 2;
/** Workgroups that occupy any card; and few rounds at first, for adapters that are none. */
const WORKGROUPS = 4096;
const FIRST_ROUNDS = 16;
const MOST_ROUNDS = 65536;
/** A dispatch so long hides what it costs to begin it. */
const LONG = 0.005;

/** Larger than any card's cache; and for software adapters than a processor's. */
const COPY_BYTES = { hardware: 2 ** 28, software: 2 ** 26 } as const;

/** Measures both. */
export async function measurePeaks(gpu: Gpu): Promise<CardPeaks> {
  return { flops: await peakFlops(gpu), bandwidth: await peakBandwidth(gpu) };
}

async function peakFlops(gpu: Gpu): Promise<number> {
  // Near one, so that no chain leaves the range of numbers in which arithmetic is fast.
  const factors = gpu.upload(Float32Array.of(0.999, 0.999, 0.999, 0.999, 0.1, 0.1, 0.1, 0.1));
  const results = gpu.createBuffer(16 * WORKGROUP * WORKGROUPS);
  try {
    for (let rounds = FIRST_ROUNDS;; rounds *= 16) {
      const constants = { ROUNDS: rounds };
      const kernel = { label: "card_peaks", source, entry: "multiply", constants };
      const seconds = await secondsOf(
        gpu,
        () => gpu.dispatch(kernel, [factors, results], [WORKGROUPS]),
      );
      if (seconds >= LONG || rounds >= MOST_ROUNDS) {
        return WORKGROUP * WORKGROUPS * rounds * FLOPS_A_ROUND / seconds;
      }
    }
  } finally {
    gpu.destroy(factors, results);
  }
}

async function peakBandwidth(gpu: Gpu): Promise<number> {
  const { maxBufferSize } = gpu.device.limits;
  const wanted = COPY_BYTES[gpu.isFallback ? "software" : "hardware"];
  const bytes = Math.min(wanted, gpu.bindingLimit, maxBufferSize);
  const buffers = [gpu.createBuffer(bytes), gpu.createBuffer(bytes)];
  const kernel = { label: "card_peaks", source, entry: "copy", constants: { ROUNDS: 1 } };
  const seconds = await secondsOf(gpu, () => gpu.dispatch(kernel, buffers, [WORKGROUPS]));
  gpu.destroy(...buffers);
  return 2 * bytes / seconds;
}
