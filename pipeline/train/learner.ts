/**
 * The network with its optimiser on one backend: a step of training, and the forward pass.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { rasterizeRows } from "../../kernels/cpu/rasterize_rows.ts";
import { rasterize } from "../../kernels/rasterize.ts";
import {
  fusedJointLoss,
  type JointLosses,
  threadedJointLoss,
} from "../../kernels/tfjs_joint_loss.ts";
import { TfjsHost } from "../../kernels/tfjs_host.ts";
import { Optimizer, type OptimizerSettings } from "../../kernels/tfjs_optimizer.ts";
import type { WasmThreads } from "../../kernels/wasm_threads.ts";
import { type Backend, computeOf, prepareNetwork } from "../backend.ts";
import type { Batch } from "../batches.ts";
import { applyNetwork } from "../network.ts";
import {
  type ClassWeights,
  EVEN_CLASSES,
  lossTargets,
  type TargetSettings,
} from "./loss_targets.ts";
import { type NarrowSettings, narrowTargets } from "./narrow_targets.ts";

/** What the network says of a batch, on the CPU. */
export interface Prediction {
  /** f32 [B, 40], before the sigmoid. */
  readonly logits: Float32Array;
  /** f32 [B, h, w, 40]. */
  readonly maps: Float32Array;
}

/** The settings a learner needs; part of a run's configuration. */
export interface LearnerSettings extends TargetSettings, NarrowSettings, OptimizerSettings {
  /** λ: weight of the mask loss beside the attribute loss. */
  readonly segmentationWeight: number;
}

/** Mean gradients of the images so far, by the names of their variables. */
interface Gathered {
  readonly gradients: tf.NamedTensorMap;
  readonly images: number;
}

/** Trains a network. It borrows backend and network; dispose it to release the optimiser. */
export class Learner implements Disposable {
  readonly network: LayersModel;
  readonly optimizer: Optimizer;
  readonly #compute: TfjsHost | WasmThreads;
  readonly #settings: LearnerSettings;
  readonly #classes: ClassWeights;
  #gathered: Gathered | null = null;

  /** @param classes How much a label counts where the settings balance classes. */
  constructor(
    backend: Backend,
    network: LayersModel,
    settings: LearnerSettings,
    classes: ClassWeights = EVEN_CLASSES,
  ) {
    prepareNetwork(backend, network);
    this.network = network;
    this.#compute = computeOf(backend);
    this.optimizer = new Optimizer(this.#compute, settings);
    this.#settings = settings;
    this.#classes = classes;
  }

  /** The parameters that are trained. */
  get variables(): tf.Variable[] {
    return this.network.trainableWeights.map((weight) => weight.read() as tf.Variable);
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
    let losses: JointLosses | undefined;
    tf.tidy(() => {
      const images = imagesOf(batch, this.network);
      const { grads } = tf.variableGrads(() => {
        losses = this.#loss(applyNetwork(this.network, images, true), batch, this.#settings);
        return losses.total;
      }, this.variables);
      this.#gathered = this.#mean(grads, batch.faces.length);
      for (const gradient of Object.values(this.#gathered.gradients)) tf.keep(gradient);
    });
    return losses!.values;
  }

  /** Takes the step that batches were gathered for, if there are any. */
  update(): void {
    const gathered = this.#gathered;
    if (!gathered) return;
    this.#gathered = null;
    this.optimizer.step(this.variables, gathered.gradients);
    tf.dispose(gathered.gradients);
  }

  /** Runs the network on a batch as in use, and measures the losses too. */
  async forward(batch: Batch): Promise<Prediction & { readonly losses: Float32Array }> {
    // Losses of networks that were trained with smoothed labels and without are held against each other.
    const plain = { ...this.#settings, labelSmoothing: 0 };
    const { logits, maps, losses } = tf.tidy(() => {
      const prediction = applyNetwork(this.network, imagesOf(batch, this.network), false);
      return { ...prediction, losses: this.#loss(prediction, batch, plain).values };
    });
    const tensors = [logits, maps, losses];
    const data = await Promise.all(tensors.map((tensor) => tensor.data<"float32">()));
    tf.dispose(tensors);
    return { logits: data[0]!, maps: data[1]!, losses: data[2]! };
  }

  [Symbol.dispose](): void {
    if (this.#gathered) tf.dispose(this.#gathered.gradients);
    this.optimizer[Symbol.dispose]();
  }

  /** The gathered mean with that of some more images. */
  #mean(gradients: tf.NamedTensorMap, images: number): Gathered {
    const before = this.#gathered;
    if (!before) return { gradients, images };
    const all = before.images + images;
    const share = images / all;
    const means = Object.entries(gradients).map(([name, gradient]) => {
      const old = before.gradients[name]!;
      const mean = tf.add(tf.mul(old, 1 - share), tf.mul(gradient, share));
      old.dispose();
      return [name, mean] as const;
    });
    return { gradients: Object.fromEntries(means), images: all };
  }

  #loss(
    prediction: { logits: tf.Tensor; maps: tf.Tensor },
    batch: Batch,
    settings: LearnerSettings,
  ): JointLosses {
    const compute = this.#compute;
    const weight = settings.segmentationWeight;
    const labels = batch.faces.map((face) => face.labels);
    const targets = narrowTargets(lossTargets(labels, settings, this.#classes), settings);
    if (!(compute instanceof TfjsHost)) {
      return threadedJointLoss(compute, prediction, rasterizeRows(batch.job), targets, weight);
    }
    const { height, width } = batch.job.mask;
    const bits = compute.tensor([batch.faces.length, height, width], "int32");
    rasterize(compute.gpu, batch.job, compute.bind(bits));
    return fusedJointLoss(compute, prediction, bits, targets, weight);
  }
}

function imagesOf(batch: Batch, network: LayersModel): tf.Tensor {
  const [, height, width] = network.inputs[0]!.shape as number[];
  return tf.tensor4d(batch.images, [batch.faces.length, height!, width!, 3]);
}
