/** What can be measured of a training step that is steady: host, device, and images a second. */

import { setTimeout } from "node:timers/promises";
import type * as tf from "@tensorflow/tfjs-core";
import { DeviceClock } from "../../../kernels/webgpu/device_clock.ts";
import type { Gpu } from "../../../kernels/webgpu/gpu.ts";
import type { Batch } from "../../../pipeline/face/batches.ts";
import type { Learner } from "../../../pipeline/compute/learner.ts";
import { TrainLog } from "../../../pipeline/train/files/log.ts";
import { LossReader } from "../../../pipeline/train/loss_reader.ts";
import { countCalls, withoutDispatches } from "../../comparing/gpu_calls.ts";
import { median } from "../measuring.ts";
import type { StepResult } from "./results.ts";

/** Steps in which the engine still compiles what they run, those whose host time is taken, and counted. */
const EARLY_STEPS = 40;
const HOST_STEPS = 60;
const COUNTED_STEPS = 4;
const DEVICE_STEPS = 9;
/** Seconds of a step from which on a few are as good as many, and all there is time for. */
const LONG = 0.5;

/** A learner with a batch that it takes steps on. */
export class StepMeasures {
  readonly #learner: Learner;
  readonly #batch: Batch;
  #isLong = false;

  /** Both are borrowed. */
  constructor(learner: Learner, batch: Batch) {
    this.#learner = learner;
    this.#batch = batch;
  }

  /**
   * Takes two steps and waits for them: on a device the first one is recorded, and the second one played.
   * Returns the seconds of the first one.
   */
  async twice(): Promise<number> {
    const first = await this.#single();
    this.#isLong = await this.#single() > LONG;
    return first;
  }

  async #single(): Promise<number> {
    const start = performance.now();
    const losses = this.#step();
    await losses.data();
    losses.dispose();
    return (performance.now() - start) / 1000;
  }

  /**
   * Images a second of steps that are taken as training takes them: recorded one behind the other, their
   * losses read back when the training's own reader finds that due, or, where steps are long, after each.
   *
   * @param folder Where the losses are logged, as in training.
   * @param seconds No step begins later.
   */
  async rate(folder: string, seconds: number): Promise<number> {
    using log = await TrainLog.open(folder, { epoch: 0, step: 0 });
    const reader = new LossReader(log, { losses: [0, 0, 0], images: 0, seconds: 0, waited: 0 });
    const { faces } = this.#batch;
    const { learningRate } = this.#learner.optimizer;
    const start = performance.now();
    const elapsed = () => (performance.now() - start) / 1000;
    let step = 0;
    do {
      const batches = [{ faces, losses: this.#step() }];
      reader.add({ epoch: 0, step: step++, learningRate, batches });
      if (reader.isDue || this.#isLong) await reader.read();
    } while (elapsed() < seconds);
    await reader.read();
    return step * faces.length / elapsed();
  }

  /** Milliseconds of a step by the device's own clock; null where it has none. */
  async device(gpu: Gpu): Promise<number | null> {
    using clock = DeviceClock.of(gpu);
    if (!clock) return null;
    const times: number[] = [];
    for (let i = 0; i < (this.#isLong ? 1 : DEVICE_STEPS); i++) {
      clock.start();
      const losses = this.#step();
      clock.stop();
      times.push(1000 * await clock.seconds());
      losses.dispose();
    }
    return median(times);
  }

  /**
   * Milliseconds until a step is recorded and submitted, and its calls. Dispatches are left out, so that
   * the device has nothing to do that the host might have to wait for.
   */
  async host(gpu: Gpu): Promise<Required<Pick<StepResult, "hostMs" | "calls">>> {
    gpu.host.submit();
    await gpu.device.queue.onSubmittedWorkDone();
    const times: number[] = [];
    let calls: StepResult["calls"] = null;
    await withoutDispatches(async () => {
      for (let i = 0; i < EARLY_STEPS + HOST_STEPS; i++) {
        const start = performance.now();
        const losses = this.#step();
        times.push(performance.now() - start);
        losses.dispose();
        await setTimeout(0);
      }
      const counts = await countCalls(() => {
        for (let i = 0; i < COUNTED_STEPS; i++) this.#step().dispose();
        return Promise.resolve();
      });
      const each = Object.entries(counts).map(([name, count]) => [name, count / COUNTED_STEPS]);
      calls = Object.fromEntries(each);
    });
    return { hostMs: median(times.slice(EARLY_STEPS)), calls };
  }

  #step(): tf.Tensor1D {
    return this.#learner.step(this.#batch);
  }
}
