/** The slowest kernels of a training step, beside what the card can do at most. */

import type { KernelsQuestion } from "../kernels_contender.ts";
import { MeasuredPeer } from "../measured_peer.ts";
import { type Bench, messageOf, type Part } from "./part.ts";
import type { CardPeaks, KernelTime, StepKernels } from "../results.ts";
import { figure, kernelLines } from "../text.ts";

const KERNEL_SIZES = ["lite 16", "paper 8"];
const SLOWEST = 10;

/** Most seconds for the peaks, and for one size with its tuning, should that not have been done before. */
const LIMITS = { peaks: 15, size: 45 } as const;

/** Dispatches by their times. */
export const KERNELS: Part = {
  name: "kernels",
  limit: 75,
  async run(bench) {
    const peaks = await measurePeaks(bench);
    bench.print(
      `peak ${figure(peaks.flops / 1e9)} GFLOP/s in f32, bandwidth ${
        figure(peaks.bandwidth / 1e9)
      } GB/s, both as measured here`,
    );
    const steps: StepKernels[] = [];
    bench.results.kernels = { peaks, steps };
    for (const size of KERNEL_SIZES) {
      try {
        const step = await measureStep(bench, size);
        steps.push(step);
        for (const line of kernelLines(step, peaks)) bench.print(line);
      } catch (error) {
        bench.fail(`the kernels of ${size}: ${messageOf(error)}`);
      }
    }
  },
};

async function measurePeaks({ signal }: Bench): Promise<CardPeaks> {
  await using peer = MeasuredPeer.ofScript("kernels_contender.ts", signal);
  const question: KernelsQuestion = { peaks: true };
  return await peer.ask<CardPeaks>(question, LIMITS.peaks);
}

async function measureStep({ signal, cache }: Bench, name: string): Promise<StepKernels> {
  await using peer = MeasuredPeer.ofScript("kernels_contender.ts", signal);
  const question: KernelsQuestion = { size: name, cache };
  const { kernels } = await peer.ask<{ kernels: KernelTime[] }>(question, LIMITS.size);
  const ms = kernels.reduce((sum, kernel) => sum + kernel.ms, 0);
  return { name, ms, slowest: kernels.slice(0, SLOWEST) };
}
