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
  composedJointLoss,
  fusedJointLoss,
  type JointLosses,
} from "../../kernels/tfjs_joint_loss.ts";
import { TfjsHost } from "../../kernels/tfjs_host.ts";
import { Sgd } from "../../kernels/tfjs_sgd.ts";
import { ATTRIBUTES, hasAttribute } from "../attributes.ts";
import { type Backend, prepareNetwork } from "../backend.ts";
import type { Batch } from "../batches.ts";
import { applyNetwork } from "../network.ts";
import { attributeRegionMasks } from "../regions.ts";

const A = ATTRIBUTES.length;

/** What the network says of a batch, on the CPU. */
export interface Prediction {
  /** f32 [B, 40], before the sigmoid. */
  readonly logits: Float32Array;
  /** f32 [B, h, w, 40]. */
  readonly maps: Float32Array;
}

/** The settings a learner needs; part of a run's configuration. */
export interface LearnerSettings {
  readonly learningRate: number;
  readonly momentum: number;
  readonly weightDecay: number;
  readonly segmentationWeight: number;
}

/** Trains a network. It borrows backend and network; dispose it to release the optimiser. */
export class Learner implements Disposable {
  readonly network: LayersModel;
  readonly optimizer: Sgd;
  readonly #host: TfjsHost | null;
  readonly #weight: number;
  readonly #regions: tf.Tensor;

  constructor(backend: Backend, network: LayersModel, settings: LearnerSettings) {
    prepareNetwork(backend, network);
    this.network = network;
    this.#host = TfjsHost.of(backend.gpu);
    this.optimizer = new Sgd(this.#host, settings);
    this.#weight = settings.segmentationWeight;
    this.#regions = tf.keep(tf.tensor1d(Int32Array.from(attributeRegionMasks()), "int32"));
  }

  /** The parameters that are trained. */
  get variables(): tf.Variable[] {
    return this.network.trainableWeights.map((weight) => weight.read() as tf.Variable);
  }

  /**
   * One step of gradient descent. Recorded, not waited for.
   *
   * @returns f32 [3]: total, attribute and mask loss before the step. The caller disposes it.
   */
  step(batch: Batch): tf.Tensor1D {
    const variables = this.variables;
    let losses: JointLosses | undefined;
    tf.tidy(() => {
      const images = imagesOf(batch, this.network);
      const { grads } = tf.variableGrads(() => {
        losses = this.#loss(applyNetwork(this.network, images, true), batch);
        return losses.total;
      }, variables);
      this.optimizer.step(variables, grads);
    });
    return losses!.values;
  }

  /** Runs the network on a batch, and measures the losses too if they are asked for. */
  async forward(batch: Batch): Promise<Prediction & { readonly losses: Float32Array }> {
    const { logits, maps, losses } = tf.tidy(() => {
      const prediction = applyNetwork(this.network, imagesOf(batch, this.network), false);
      return { ...prediction, losses: this.#loss(prediction, batch).values };
    });
    const tensors = [logits, maps, losses];
    const data = await Promise.all(tensors.map((tensor) => tensor.data<"float32">()));
    tf.dispose(tensors);
    return { logits: data[0]!, maps: data[1]!, losses: data[2]! };
  }

  [Symbol.dispose](): void {
    this.optimizer[Symbol.dispose]();
    this.#regions.dispose();
  }

  #loss(prediction: { logits: tf.Tensor; maps: tf.Tensor }, batch: Batch): JointLosses {
    const host = this.#host;
    if (!host) return composedJointLoss(prediction, expandTargets(batch), this.#weight);
    const { height, width } = batch.job.mask;
    const bits = host.tensor([batch.faces.length, height, width], "int32");
    rasterize(host.gpu, batch.job, host.bind(bits));
    const labels = tf.tensor2d(batch.labels, [batch.faces.length, 2], "int32");
    return fusedJointLoss(host, prediction, { bits, labels, regions: this.#regions }, this.#weight);
  }
}

function imagesOf(batch: Batch, network: LayersModel): tf.Tensor {
  const [, height, width] = network.inputs[0]!.shape as number[];
  return tf.tensor4d(batch.images, [batch.faces.length, height!, width!, 3]);
}

/** Labels and masks as numbers, for backends without the fused loss. */
function expandTargets(batch: Batch): { labels: tf.Tensor; masks: tf.Tensor } {
  const { height, width } = batch.job.mask;
  const shape = [batch.faces.length, height, width, A] as [number, number, number, number];
  const labels = new Float32Array(batch.faces.length * A);
  batch.faces.forEach((face, index) => {
    for (let a = 0; a < A; a++) labels[index * A + a] = hasAttribute(face.labels, a) ? 1 : 0;
  });
  const masks = expandMasks(rasterizeRows(batch.job), labels, height * width);
  return {
    labels: tf.tensor2d(labels, [batch.faces.length, A]),
    masks: tf.tensor4d(masks, shape),
  };
}

/**
 * Masks as numbers.
 *
 * bits    u32 [B, cells]
 * labels  f32 [B, A]
 *
 * @returns f32 [B, cells, A]
 */
export function expandMasks(bits: Uint32Array, labels: Float32Array, cells: number): Float32Array {
  const regions = attributeRegionMasks();
  const masks = new Float32Array(bits.length * A);
  for (let cell = 0, at = 0; cell < bits.length; cell++) {
    const image = Math.floor(cell / cells) * A;
    const inside = bits[cell]!;
    for (let a = 0; a < A; a++, at++) {
      if (inside & regions[a]!) masks[at] = labels[image + a]!;
    }
  }
  return masks;
}
