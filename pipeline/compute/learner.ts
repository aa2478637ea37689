/** The network with its optimiser on one backend: a step of training, and the forward pass. */

import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { MaskLoss } from "../../kernels/joint_loss.ts";
import { TfjsHost } from "../../kernels/tfjs/host.ts";
import { Optimizer, type OptimizerSettings } from "../../kernels/tfjs/optimizer.ts";
import { type Backend, computeOf, prepareNetwork } from "./backend.ts";
import type { Batch } from "../face/batches.ts";
import { withMapLogits } from "../network/network.ts";
import { DeviceSteps } from "./device_steps.ts";
import { type ClassWeights, EVEN_CLASSES, lossTargets, narrowTargets } from "./loss_targets.ts";
import type { NarrowSettings, TargetSettings } from "../network/settings.ts";
import type { Steps } from "./steps.ts";
import { ThreadSteps } from "./thread_steps.ts";

/** What the network says of a batch, on the CPU. */
export interface Prediction {
  /** f32 [B, 40], before the sigmoid. */
  readonly logits: Float32Array;
  /** f32 [B, h, w, 40]. */
  readonly maps: Float32Array;
}

/** The settings a learner needs; part of a run's configuration. */
interface LearnerSettings extends TargetSettings, NarrowSettings, OptimizerSettings {
  /** λ: weight of the mask loss beside the attribute loss. */
  readonly segmentationWeight: number;
  readonly maskLoss: MaskLoss;
}

/** Trains a network. It borrows backend and network; dispose it to release the optimiser. */
export class Learner implements Disposable {
  readonly network: LayersModel;
  readonly optimizer: Optimizer;
  /** The parameters that are trained. */
  readonly variables: readonly tf.Variable[];
  readonly #steps: Steps;
  readonly #settings: LearnerSettings;
  readonly #classes: ClassWeights;

  /** @param classes How much a label counts where the settings balance classes. */
  constructor(
    backend: Backend,
    network: LayersModel,
    settings: LearnerSettings,
    classes: ClassWeights = EVEN_CLASSES,
  ) {
    prepareNetwork(backend, network);
    const compute = computeOf(backend);
    this.network = network;
    this.variables = network.trainableWeights.map((weight) => weight.read() as tf.Variable);
    this.optimizer = new Optimizer(compute, settings);
    const { variables, optimizer } = this;
    const { segmentationWeight: weight, maskLoss } = settings;
    // Squares are of the maps themselves, whatever they are; the other losses are of logits.
    const trained = maskLoss === "mse" ? network : withMapLogits(network);
    const trainee = { network: trained, variables, optimizer, weight, maskLoss };
    this.#steps = compute instanceof TfjsHost
      ? new DeviceSteps(compute, trainee)
      : new ThreadSteps(compute, trainee);
    this.#settings = settings;
    this.#classes = classes;
  }

  /** The steps on the device; null where there is none. */
  get onDevice(): DeviceSteps | null {
    return this.#steps instanceof DeviceSteps ? this.#steps : null;
  }

  /**
   * One step of gradient descent on one batch. Recorded, not waited for.
   *
   * @returns f32 [3]: total, attribute and mask loss before the step. The caller disposes it.
   */
  step(batch: Batch): tf.Tensor1D {
    const losses = this.gather(batch);
    this.update();
    return losses;
  }

  /**
   * Adds a batch to the step that {@linkcode Learner.update} takes: the mean over the images of all its
   * batches. Batches are normalised one by one. Returns what {@linkcode Learner.step} does.
   */
  gather(batch: Batch): tf.Tensor1D {
    return this.#steps.gather(batch, this.#targets(batch, this.#settings));
  }

  /** Takes the step that batches were gathered for, if there are any. */
  update(): void {
    this.#steps.update();
  }

  /** Runs the network on a batch as in use, and measures the losses too. */
  async forward(batch: Batch): Promise<Prediction & { readonly losses: Float32Array }> {
    // Losses of networks that were trained with smoothed labels and without are held against each other.
    const plain = { ...this.#settings, labelSmoothing: 0 };
    const { logits, maps, losses } = this.#steps.forward(batch, this.#targets(batch, plain));
    const tensors = [logits, maps, losses];
    const data = await Promise.all(tensors.map((tensor) => tensor.data<"float32">()));
    tf.dispose(tensors);
    return { logits: data[0]!, maps: data[1]!, losses: data[2]! };
  }

  [Symbol.dispose](): void {
    this.#steps[Symbol.dispose]();
    this.optimizer[Symbol.dispose]();
  }

  #targets({ faces }: Batch, settings: LearnerSettings) {
    const labels = faces.map((face) => face.labels);
    return narrowTargets(lossTargets(labels, settings, this.#classes), settings);
  }
}
