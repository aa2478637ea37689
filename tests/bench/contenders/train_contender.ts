/**
 * A contender of `train_bench.ts` in a process of its own: ours on webgpu or wasm, or stock tfjs-webgpu.
 * Answers the first line, a {@linkcode TrainJob}, with its name, and each other one, whatever it holds,
 * with a {@linkcode TrainedStep}.
 */

import "../../../pipeline/cli/environment.ts";
import * as tf from "@tensorflow/tfjs-core";
import { Gpu } from "../../../kernels/webgpu/gpu.ts";
import { composedJointLoss } from "../../comparing/composed_joint_loss.ts";
import { TfjsHost } from "../../../kernels/tfjs/host.ts";
import { openBackend } from "../../../pipeline/compute/backend.ts";
import { batchImages } from "../../../pipeline/face/batches.ts";
import { tuneKernels } from "../../../pipeline/compute/kernel_choices.ts";
import {
  applyNetwork,
  buildNetwork,
  maskSize,
  type NetworkConfig,
} from "../../../pipeline/network/network.ts";
import { trainConfig } from "../../../pipeline/network/presets.ts";
import { Learner } from "../../../pipeline/compute/learner.ts";
import { print } from "../measuring.ts";
import { randomBatch, SEED } from "../random_batch.ts";

/** What is trained, and how. */
export interface TrainJob {
  readonly way: "webgpu" | "wasm" | "stock";
  readonly network: NetworkConfig;
  readonly batch: number;
}

/** What a step took. */
export interface TrainedStep {
  readonly seconds: number;
  /** Largest resident size of the process so far, in MiB; null where it is not told. */
  readonly processMiB: number | null;
  /** What is allocated on a device with memory of its own, in MiB. */
  readonly deviceMiB: number | null;
}

/** Takes a step and waits for its losses. */
type Step = () => Promise<void>;

async function ours({ way, network, batch: size }: TrainJob): Promise<Step> {
  const config = { ...trainConfig("lite"), network };
  const backend = await openBackend(way as "webgpu" | "wasm");
  await tuneKernels(backend, { network, batch: size });
  const batch = randomBatch(network, size);
  const learner = new Learner(backend, buildNetwork(network, SEED), config);
  return async () => {
    const losses = learner.step(batch);
    await losses.data();
    losses.dispose();
  };
}

/** The layers API with tfjs's own kernels, optimiser and uploaded masks. */
async function stock({ network: sizes, batch: size }: TrainJob): Promise<Step> {
  const gpu = await Gpu.open();
  if (!gpu) throw new Error("There is no WebGPU adapter");
  await TfjsHost.attach(gpu);
  const network = buildNetwork(sizes, SEED);
  const optimizer = tf.train.momentum(0.01, 0.9);
  const { height, width } = maskSize(sizes);
  const images = batchImages(randomBatch(sizes, size));
  const input = tf.tensor4d(images, [size, sizes.input.height, sizes.input.width, 3]);
  const target = {
    labels: tf.cast(tf.less(tf.randomUniform([size, 40]), 0.3), "float32"),
    masks: tf.cast(tf.less(tf.randomUniform([size, height, width, 40]), 0.1), "float32"),
  };
  return async () => {
    const loss = optimizer.minimize(() => {
      const { total, values } = composedJointLoss(applyNetwork(network, input, true), target, 1);
      values.dispose();
      return total;
    }, true)!;
    await loss.data();
    loss.dispose();
  };
}

/** The process's peak as Linux tells it; Deno has it nowhere else. */
function peakMiB(): number | null {
  try {
    const status = Deno.readTextFileSync("/proc/self/status");
    return Number(/VmHWM:\s*(\d+) kB/.exec(status)?.[1]) / 1024;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

function deviceMiB(): number {
  const { numBytesAllocatedInGPU = 0 } = tf.memory() as { numBytesAllocatedInGPU?: number };
  return numBytesAllocatedInGPU / 2 ** 20;
}

const NAMES = { webgpu: "ours on webgpu", wasm: "ours on wasm", stock: "stock tfjs on webgpu" };

let step: Step | null = null;
const lines = Deno.stdin.readable.pipeThrough(new TextDecoderStream());
for await (const line of lines) {
  if (!step) {
    const job = JSON.parse(line) as TrainJob;
    step = job.way === "stock" ? await stock(job) : await ours(job);
    // Compiles.
    await step();
    print(JSON.stringify({ name: NAMES[job.way] }));
    continue;
  }
  const start = performance.now();
  await step();
  const seconds = (performance.now() - start) / 1000;
  print(JSON.stringify({ seconds, processMiB: peakMiB(), deviceMiB: deviceMiB() || null }));
}
Deno.exit();
