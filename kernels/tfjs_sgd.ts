/**
 * Stochastic gradient descent with momentum and weight decay over tfjs variables.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";
import { sgdStep } from "./sgd_step.ts";
import type { TfjsHost } from "./tfjs_host.ts";

/** Settings of the optimiser. */
export interface SgdSettings {
  readonly learningRate: number;
  readonly momentum: number;
  /** Share of each parameter added to its gradient (L2 regularisation, as PyTorch does it). */
  readonly weightDecay: number;
}

/** The optimiser with its velocities; dispose it to release them. */
export class Sgd implements Disposable {
  readonly #host: TfjsHost | null;
  readonly #velocities = new Map<string, tf.Tensor>();
  #settings: SgdSettings;
  #onDevice: tf.Tensor | null = null;

  /** @param host Our kernels' device; without it the step is composed of tfjs operations. */
  constructor(host: TfjsHost | null, settings: SgdSettings) {
    this.#host = host;
    this.#settings = settings;
  }

  /** Changes the learning rate from the next step on. */
  set learningRate(learningRate: number) {
    this.#settings = { ...this.#settings, learningRate };
    this.#onDevice?.dispose();
    this.#onDevice = null;
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
      if (this.#host) this.#fused(this.#host, variable, velocity, gradient);
      else this.#composed(variable, velocity, gradient);
    }
  }

  [Symbol.dispose](): void {
    for (const velocity of this.#velocities.values()) velocity.dispose();
    this.#velocities.clear();
    this.#onDevice?.dispose();
    this.#onDevice = null;
  }

  #start(variable: tf.Variable): tf.Tensor {
    const velocity = tf.keep(tf.zeros(variable.shape));
    this.#velocities.set(variable.name, velocity);
    return velocity;
  }

  #fused(host: TfjsHost, variable: tf.Variable, velocity: tf.Tensor, gradient: tf.Tensor): void {
    const { learningRate, momentum, weightDecay } = this.#settings;
    this.#onDevice ??= tf.keep(tf.tensor1d([learningRate, momentum, weightDecay]));
    sgdStep(host.gpu, {
      w: host.bindWritable(variable),
      v: host.bindWritable(velocity),
      g: host.bind(gradient),
      settings: host.bind(this.#onDevice),
    }, variable.size);
  }

  #composed(variable: tf.Variable, velocity: tf.Tensor, gradient: tf.Tensor): void {
    const { learningRate, momentum, weightDecay } = this.#settings;
    const next = tf.tidy(() =>
      tf.add(tf.mul(velocity, momentum), tf.add(gradient, tf.mul(variable, weightDecay)))
    );
    tf.tidy(() => variable.assign(tf.sub(variable, tf.mul(next, learningRate))));
    velocity.dispose();
    this.#velocities.set(variable.name, tf.keep(next));
  }
}
