/** The optimisers over tfjs variables: stochastic gradient descent with momentum, and AdamW. */

import * as tf from "@tensorflow/tfjs-core";
import { adamWFactors, adamWStep } from "../adamw_step.ts";
import { adamWStepThreads } from "../wasm/adamw_step.ts";
import { gradientScaleThreads } from "../wasm/gradient_scale.ts";
import { sgdStepThreads } from "../wasm/sgd_step.ts";
import { gradientScale } from "../gradient_scale.ts";
import { sgdStep } from "../sgd_step.ts";
import { TfjsHost } from "./host.ts";
import { heapAddress } from "./wasm/heap.ts";
import type { WasmThreads } from "../wasm/threads.ts";

/** Settings of an optimiser. */
export interface OptimizerSettings {
  /** Which one. */
  readonly optimizer: "sgd" | "adamw";
  /** Learning rate of the first step. */
  readonly learningRate: number;
  /** Share of the velocity that a step keeps; for AdamW, of the mean gradient (β₁). */
  readonly momentum: number;
  /**
   * Share of each parameter added to its gradient (L2 regularisation, as PyTorch does it); AdamW takes it
   * from the parameter itself, times the learning rate.
   */
  readonly weightDecay: number;
  /** Norm of all gradients together down to which longer ones are scaled; 0 for no limit. */
  readonly clip: number;
}

/** What an optimiser keeps of each variable, as checkpoints call it. */
const SLOTS = { sgd: ["velocity"], adamw: ["mean", "square"] } as const;

interface Update {
  readonly variable: tf.Variable;
  readonly gradient: tf.Tensor;
  readonly kept: readonly tf.Tensor[];
}

/** An optimiser with its state; dispose it to release that. */
export class Optimizer implements Disposable {
  /** Steps taken so far; AdamW corrects its means by their number. */
  steps = 0;
  readonly #compute: TfjsHost | WasmThreads;
  readonly #state = new Map<string, tf.Tensor>();
  #settings: OptimizerSettings;
  /** For the kernels: f32 [F], the factor that clips the gradients at 0; on the device what was written last. */
  #factors: tf.Tensor | null = null;
  #written: readonly number[] = [];
  #restored = 0;

  /** @param compute Where the variables lie: on tfjs's device, or in the memory of threads. */
  constructor(compute: TfjsHost | WasmThreads, settings: OptimizerSettings) {
    this.#compute = compute;
    this.#settings = settings;
  }

  /** Changes the learning rate from the next step on. */
  set learningRate(learningRate: number) {
    this.#settings = { ...this.#settings, learningRate };
  }

  get learningRate(): number {
    return this.#settings.learningRate;
  }

  /** What is kept of a variable, by names for a checkpoint; zeros before the first step. Borrowed. */
  stateOf(variable: tf.Variable): ReadonlyMap<string, tf.Tensor> {
    const slots = SLOTS[this.#settings.optimizer];
    return new Map(slots.map((slot) => [slot, this.#slot(slot, variable)] as const));
  }

  /** Changes whenever the state is kept elsewhere than before. */
  get version(): number {
    return this.#restored;
  }

  /** Takes over the numbers of a saved state. */
  restore(variable: tf.Variable, saved: ReadonlyMap<string, tf.Tensor>): void {
    this.#restored++;
    for (const [slot, tensor] of saved) {
      const key = keyOf(slot, variable);
      this.#state.get(key)?.dispose();
      this.#state.set(key, tf.keep(tensor.clone()));
    }
  }

  step(variables: readonly tf.Variable[], gradients: tf.NamedTensorMap): void {
    this.begin(variables);
    this.update(variables, gradients);
  }

  /** Begins a step: what differs from the last one goes to the device. {@linkcode update} is the other part. */
  begin(variables: readonly tf.Variable[]): void {
    this.steps++;
    for (const variable of variables) this.stateOf(variable);
    if (!(this.#compute instanceof TfjsHost)) return;
    const { optimizer, learningRate, momentum, weightDecay } = this.#settings;
    const factors = optimizer === "adamw"
      ? adamWFactors(this.#adamW)
      : [learningRate, momentum, weightDecay];
    this.#factors ??= tf.keep(tf.zeros([1 + factors.length]));
    if (factors.every((factor, i) => factor === this.#written[i])) return;
    this.#compute.write(this.#factors, Float32Array.of(1, ...factors));
    this.#written = factors;
  }

  /** The part of a step whose commands are the same each time. */
  update(variables: readonly tf.Variable[], gradients: tf.NamedTensorMap): void {
    const updates = variables.map((variable): Update => {
      const gradient = gradients[variable.name];
      if (!gradient) throw new Error(`No gradient for ${variable.name}`);
      return { variable, gradient, kept: [...this.stateOf(variable).values()] };
    });
    if (this.#compute instanceof TfjsHost) this.#onDevice(this.#compute, updates);
    else this.#onThreads(this.#compute, updates);
  }

  [Symbol.dispose](): void {
    for (const tensor of this.#state.values()) tensor.dispose();
    this.#state.clear();
    this.#factors?.dispose();
    this.#factors = null;
  }

  #slot(slot: string, variable: tf.Variable): tf.Tensor {
    const key = keyOf(slot, variable);
    const known = this.#state.get(key);
    if (known) return known;
    const zeros = tf.keep(tf.zeros(variable.shape));
    this.#state.set(key, zeros);
    return zeros;
  }

  get #adamW() {
    const { learningRate: rate, momentum, weightDecay: decay } = this.#settings;
    return { rate, momentum, decay, step: this.steps };
  }

  #onDevice(host: TfjsHost, updates: readonly Update[]): void {
    const { optimizer, clip } = this.#settings;
    const factors = this.#factors!;
    if (clip > 0) {
      const gradients = updates.map(({ gradient }) => (
        { g: host.bind(gradient), size: gradient.size }
      ));
      gradientScale(host.gpu, gradients, host.bindWritable(factors), clip);
    }
    const settings = host.bind(factors);
    for (const { variable, gradient, kept } of updates) {
      const [w, first, second] = [variable, ...kept].map((tensor) => host.bindWritable(tensor));
      const g = host.bind(gradient);
      if (optimizer === "sgd") sgdStep(host.gpu, { w: w!, v: first!, g, settings }, variable.size);
      else adamWStep(host.gpu, { w: w!, m: first!, v: second!, g, settings }, variable.size);
    }
  }

  #onThreads(threads: WasmThreads, updates: readonly Update[]): void {
    const { optimizer, clip, learningRate: rate, momentum, weightDecay: decay } = this.#settings;
    const gradients = updates.map(({ gradient }) => (
      { g: heapAddress(gradient), size: gradient.size }
    ));
    const scale = clip > 0 ? gradientScaleThreads(threads, gradients, clip) : 1;
    for (const { variable, gradient, kept } of updates) {
      const [w, first, second] = [variable, ...kept].map(heapAddress);
      const g = heapAddress(gradient);
      if (optimizer === "sgd") {
        const settings = { rate, momentum, decay, scale };
        sgdStepThreads(threads, { w: w!, v: first!, g }, settings, variable.size);
      } else {
        const settings = { ...this.#adamW, scale };
        adamWStepThreads(threads, { w: w!, m: first!, v: second!, g }, settings, variable.size);
      }
    }
  }
}

function keyOf(slot: string, { name }: tf.Variable): string {
  return `${slot}/${name}`;
}
