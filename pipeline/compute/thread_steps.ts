/** Steps of training on WebAssembly threads: every operation runs when it is called. */

import * as tf from "@tensorflow/tfjs-core";
import { rasterizeRows } from "../../kernels/cpu/rasterize_rows.ts";
import type { LossTargets } from "../../kernels/joint_loss.ts";
import { threadedJointLoss } from "../../kernels/tfjs/joint_loss.ts";
import type { WasmThreads } from "../../kernels/wasm/threads.ts";
import { type Batch, batchImages } from "../face/batches.ts";
import { applyNetwork } from "../network/network.ts";
import { differentiate, mapsInUse, type Outputs, type Steps, type Trainee } from "./steps.ts";

/** Mean gradients of the images so far, by the names of their variables. */
interface Gathered {
  readonly gradients: tf.NamedTensorMap;
  readonly images: number;
}

/** Steps on threads, which are borrowed. */
export class ThreadSteps implements Steps {
  readonly #threads: WasmThreads;
  readonly #trainee: Trainee;
  #gathered: Gathered | null = null;

  constructor(threads: WasmThreads, trainee: Trainee) {
    this.#threads = threads;
    this.#trainee = trainee;
  }

  gather(batch: Batch, targets: LossTargets): tf.Tensor1D {
    const { losses, gradients } = differentiate(
      this.#trainee,
      () => imagesOf(batch),
      (prediction) => this.#loss(prediction, batch, targets),
    );
    this.#gathered = this.#mean(gradients, batch.faces.length);
    return losses;
  }

  update(): void {
    const gathered = this.#gathered;
    if (!gathered) return;
    this.#gathered = null;
    const { optimizer, variables } = this.#trainee;
    optimizer.step(variables, gathered.gradients);
    tf.dispose(gathered.gradients);
  }

  forward(batch: Batch, targets: LossTargets): Outputs {
    return tf.tidy(() => {
      const prediction = applyNetwork(this.#trainee.network, imagesOf(batch), false);
      const losses = this.#loss(prediction, batch, targets).values;
      return { ...prediction, maps: mapsInUse(prediction.maps, this.#trainee), losses };
    });
  }

  [Symbol.dispose](): void {
    if (this.#gathered) tf.dispose(this.#gathered.gradients);
  }

  #loss(prediction: Omit<Outputs, "losses">, { job }: Batch, targets: LossTargets) {
    const bits = rasterizeRows(job);
    return threadedJointLoss(this.#threads, prediction, bits, targets, this.#trainee);
  }

  /** The gathered mean with that of some more images. */
  #mean(gradients: tf.NamedTensorMap, images: number): Gathered {
    const before = this.#gathered;
    if (!before) return { gradients, images };
    const all = before.images + images;
    const share = images / all;
    const means = Object.entries(gradients).map(([name, gradient]) => {
      const old = before.gradients[name]!;
      const mean = tf.tidy(() => tf.add(tf.mul(old, 1 - share), tf.mul(gradient, share)));
      tf.dispose([old, gradient]);
      return [name, mean] as const;
    });
    return { gradients: Object.fromEntries(means), images: all };
  }
}

function imagesOf(batch: Batch): tf.Tensor {
  const { height, width } = batch.input;
  return tf.tensor4d(batchImages(batch), [batch.faces.length, height, width, 3]);
}
