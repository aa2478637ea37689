/**
 * Training steps of one size by one of our ways, in a process of its own. The first question, a
 * {@linkcode StepJob}, is answered with {@linkcode StepReady} after two steps; each {@linkcode StepQuestion}
 * with what was measured.
 */

import "../../../pipeline/cli/environment.ts";
import { type Backend, openBackend, useHalfPrecision } from "../../../pipeline/compute/backend.ts";
import { tuneKernels } from "../../../pipeline/compute/kernel_choices.ts";
import { buildNetwork } from "../../../pipeline/network/network.ts";
import { trainConfig } from "../../../pipeline/network/presets.ts";
import { Learner } from "../../../pipeline/compute/learner.ts";
import { withoutDispatches } from "../../comparing/gpu_calls.ts";
import { randomBatch, SEED } from "../random_batch.ts";
import { answerLines } from "./answer_lines.ts";
import type { StepResult } from "./results.ts";
import { sizeOf } from "./sizes.ts";
import { StepMeasures } from "./step_measures.ts";

/** What is trained, and how. */
export interface StepJob {
  readonly size: string;
  readonly way: "webgpu" | "webgpu f16" | "wasm";
  /** The folder for what was measured on this machine. */
  readonly cache: string;
  /**
   * For host time alone: which set of kernels is recorded, whatever the adapter is. Nothing is dispatched,
   * since what is made for cards takes minutes on a software adapter.
   */
  readonly recorded?: "hardware" | "software";
}

/** What the start took. */
export type StepReady = Pick<StepResult, "kernels" | "tuneSeconds" | "firstStepSeconds">;

/** What is asked then. */
export type StepQuestion =
  | { readonly measure: "rate"; readonly seconds: number }
  | { readonly measure: "device" | "host" };

/** What is ready to be measured. */
interface Ready {
  readonly backend: Backend;
  readonly measures: StepMeasures;
  readonly folder: string;
}

let ready: Ready | null = null;

async function tune(backend: Backend, { size, recorded }: StepJob): Promise<number | null> {
  if (!backend.gpu || backend.gpu.isFallback || recorded) return null;
  const { network, batch } = sizeOf(size);
  const start = performance.now();
  await tuneKernels(backend, { network, batch });
  return (performance.now() - start) / 1000;
}

async function open(job: StepJob): Promise<StepReady> {
  Deno.env.set("XDG_CACHE_HOME", job.cache);
  const { preset, network, batch } = sizeOf(job.size);
  const backend = await openBackend(job.way === "wasm" ? "wasm" : "webgpu");
  if (job.way === "webgpu f16") useHalfPrecision(backend);
  const { gpu } = backend;
  if (gpu && job.recorded) {
    (gpu as { isFallback: boolean }).isFallback = job.recorded === "software";
  }
  const tuneSeconds = await tune(backend, job);
  const config = { ...trainConfig(preset), network };
  const learner = new Learner(backend, buildNetwork(network, SEED), config);
  const measures = new StepMeasures(learner, randomBatch(network, batch));
  const folder = await Deno.makeTempDir({ dir: job.cache });
  ready = { backend, measures, folder };
  const kernels = gpu && (gpu.isFallback ? "software" : "hardware");
  if (job.recorded) await withoutDispatches(() => measures.twice().then(() => {}));
  const firstStepSeconds = job.recorded ? null : await measures.twice();
  return { kernels, tuneSeconds, firstStepSeconds };
}

async function measure(question: StepQuestion): Promise<object> {
  const { backend: { gpu }, measures, folder } = ready!;
  if (question.measure === "rate") {
    return { imagesPerSecond: await measures.rate(folder, question.seconds) };
  }
  if (!gpu) throw new Error("There is no device");
  if (question.measure === "host") return await measures.host(gpu);
  return { deviceMs: await measures.device(gpu) };
}

if (import.meta.main) {
  await answerLines((question: StepJob | StepQuestion) =>
    "measure" in question ? measure(question) : open(question)
  );
}
