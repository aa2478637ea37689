/**
 * Stochastic gradient descent with momentum and weight decay over tfjs variables.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";
import { sgdStepThreads } from "./cpu/sgd_step_threads.ts";
import { sgdStep } from "./sgd_step.ts";
import { TfjsHost } from "./tfjs_host.ts";
import { heapAddress } from "./tfjs_wasm_heap.ts";
import type { WasmThreads } from "./wasm_threads.ts";

/** Settings of the optimiser. */
export interface SgdSettings {
  readonly learningRate: number;
  readonly momentum: number;
  /** Share of each parameter added to its gradient (L2 regularisation, as PyTorch does it). */
  readonly weightDecay: number;
}

/** The optimiser with its velocities; dispose it to release them. */
export class Sgd implements Disposable {
  readonly #compute: TfjsHost | WasmThreads;
  readonly #velocities = new Map<string, tf.Tensor>();
  #settings: SgdSettings;
  /** f32 [3] for the kernel: learning rate, momentum, weight decay. */
  #factors: tf.Tensor | null = null;

  /** @param compute Where the variables lie: on tfjs's device, or in the memory of threads. */
  constructor(compute: TfjsHost | WasmThreads, settings: SgdSettings) {
    this.#compute = compute;
    this.#settings = settings;
  }

  /** Changes the learning rate from the next step on. */
  set learningRate(learningRate: number) {
    this.#settings = { ...this.#settings, learningRate };
    this.#factors?.dispose();
    this.#factors = null;
  }

  get learningRate(): number {
    return this.#settings.learningRate;
  }

  /** Velocities by variable name, to be saved with a checkpoint. Borrowed. */
  get velocities(): ReadonlyMap<string, tf.Tensor> {
    return this.#velocities;
  }

  /** Takes over saved velocities. */
  restore(velocities: ReadonlyMap<string, tf.Tensor>): void {
    for (const [name, velocity] of velocities) {
      this.#velocities.get(name)?.dispose();
      this.#velocities.set(name, tf.keep(velocity));
    }
  }

  /** Updates the variables from their gradients. */
  step(variables: readonly tf.Variable[], gradients: tf.NamedTensorMap): void {
    for (const variable of variables) {
      const gradient = gradients[variable.name];
      if (!gradient) throw new Error(`No gradient for ${variable.name}`);
      const velocity = this.#velocities.get(variable.name) ?? this.#start(variable);
      if (this.#compute instanceof TfjsHost) {
        this.#onDevice(this.#compute, variable, velocity, gradient);
      } else this.#onThreads(this.#compute, variable, velocity, gradient);
    }
  }

  [Symbol.dispose](): void {
    for (const velocity of this.#velocities.values()) velocity.dispose();
    this.#velocities.clear();
    this.#factors?.dispose();
    this.#factors = null;
  }

  #start(variable: tf.Variable): tf.Tensor {
    const velocity = tf.keep(tf.zeros(variable.shape));
    this.#velocities.set(variable.name, velocity);
    return velocity;
  }

  #onDevice(
    host: TfjsHost,
    variable: tf.Variable,
    velocity: tf.Tensor,
    gradient: tf.Tensor,
  ): void {
    const { learningRate, momentum, weightDecay } = this.#settings;
    this.#factors ??= tf.keep(tf.tensor1d([learningRate, momentum, weightDecay]));
    sgdStep(host.gpu, {
      w: host.bindWritable(variable),
      v: host.bindWritable(velocity),
      g: host.bind(gradient),
      settings: host.bind(this.#factors),
    }, variable.size);
  }

  #onThreads(
    threads: WasmThreads,
    variable: tf.Variable,
    velocity: tf.Tensor,
    gradient: tf.Tensor,
  ): void {
    const { learningRate: rate, momentum, weightDecay: decay } = this.#settings;
    const addresses = {
      w: heapAddress(variable),
      v: heapAddress(velocity),
      g: heapAddress(gradient),
    };
    sgdStepThreads(threads, addresses, { rate, momentum, decay }, variable.size);
  }
}
