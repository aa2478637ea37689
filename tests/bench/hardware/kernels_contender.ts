/**
 * The kernels of training steps on the adapter, in a process of its own: `{peaks: true}` is answered with
 * what the device can do, and `{size, cache}` with the times of a step's dispatches.
 */

import "../../../pipeline/cli/environment.ts";
import { type Backend, openBackend } from "../../../pipeline/compute/backend.ts";
import { tuneKernels } from "../../../pipeline/compute/kernel_choices.ts";
import { buildNetwork } from "../../../pipeline/network/network.ts";
import { trainConfig } from "../../../pipeline/network/presets.ts";
import { Learner } from "../../../pipeline/compute/learner.ts";
import { randomBatch, SEED } from "../random_batch.ts";
import { answerLines } from "./answer_lines.ts";
import { measurePeaks } from "./card_peaks.ts";
import { dispatchTimes } from "./dispatch_times.ts";
import type { KernelTime } from "./results.ts";
import { sizeOf } from "./sizes.ts";
import { StepMeasures } from "./step_measures.ts";

/** What is asked. */
export type KernelsQuestion =
  | { readonly peaks: true }
  | { readonly size: string; readonly cache: string };

const PLAYS = 5;

let opened: Promise<Backend> | null = null;

async function answer(question: KernelsQuestion): Promise<object> {
  const backend = await (opened ??= openBackend("webgpu"));
  const gpu = backend.gpu!;
  if ("peaks" in question) return await measurePeaks(gpu);
  Deno.env.set("XDG_CACHE_HOME", question.cache);
  const { preset, network, batch } = sizeOf(question.size);
  await tuneKernels(backend, { network, batch });
  const config = { ...trainConfig(preset), network };
  using learner = new Learner(backend, buildNetwork(network, SEED), config);
  await new StepMeasures(learner, randomBatch(network, batch)).twice();
  const kernels: KernelTime[] = await dispatchTimes(gpu, learner.onDevice!.tapes, PLAYS);
  return { kernels };
}

if (import.meta.main) await answerLines(answer);
