/**
 * Steps of training on a device: the first one of a batch size runs through tfjs's layers and is recorded,
 * the others play that record.
 *
 * A record holds whatever was a number when it was made, so all that changes from step to step lies in
 * buffers that are written before it is played: images or their places, changes, labels, polygons, and the
 * optimiser's factors. An epoch's last, smaller batch has a record of its own. Forward passes run unrecorded:
 * each waits for its result to be read back, which takes longer than what a record would spare.
 */

import * as tf from "@tensorflow/tfjs-core";
import { gradientMean } from "../../kernels/gradient_mean.ts";
import type { LossTargets } from "../../kernels/joint_loss.ts";
import type { Tape } from "../../kernels/webgpu/tape.ts";
import type { TfjsHost } from "../../kernels/tfjs/host.ts";
import { fusedJointLoss } from "../../kernels/tfjs/joint_loss.ts";
import { type Recorded, Recorder } from "../../kernels/tfjs/recorder.ts";
import type { Batch } from "../face/batches.ts";
import { applyNetwork } from "../network/network.ts";
import { DeviceImages } from "../network/device_images.ts";
import type { ResidentImages } from "../network/resident_images.ts";
import { DeviceTargets } from "./device_targets.ts";
import { differentiate, mapsInUse, type Outputs, type Steps, type Trainee } from "./steps.ts";

/** Loss tensors allocated in advance: at most this many wait to be read back. */
const LOSSES_READY = 16;

/** Where batches of one size arrive. */
interface Inputs extends Disposable {
  readonly images: DeviceImages;
  readonly targets: DeviceTargets;
}

/** What has been recorded for batches of one size. */
interface BatchRecord {
  /** Gradients by their variables' names, with the losses, f32 [3], as {@linkcode LOSSES}. */
  readonly gradients: Recorded<tf.NamedTensorMap>;
  /** The update by these gradients alone. */
  update: Recorded<tf.NamedTensorMap> | null;
  /** Takes these gradients into the mean over several batches. */
  fold: Recorded<tf.NamedTensorMap> | null;
}

/** No variable has this name. */
const LOSSES = " losses";

/** Steps on a device, which is borrowed. */
export class DeviceSteps implements Steps {
  /** tfjs on the device; borrowed. */
  readonly host: TfjsHost;
  readonly #trainee: Trainee;
  /** The network's variables: what a record reads and others may move. */
  readonly #variables: readonly tf.Variable[];
  readonly #inputs = new Map<string, Inputs>();
  readonly #records = new Map<Inputs, BatchRecord>();
  #recorder: Recorder | null = null;
  #resident: ResidentImages | null = null;
  /** Where everything was when it was recorded. */
  #places: readonly unknown[] = [];
  /** The batch whose gradients have not been used yet. */
  #pending: { readonly record: BatchRecord; readonly images: number } | null = null;
  #mean: GradientMean | null = null;

  constructor(host: TfjsHost, trainee: Trainee) {
    this.host = host;
    this.#trainee = trainee;
    this.#variables = trainee.network.weights.map((weight) => weight.read() as tf.Variable);
  }

  /** Takes the images of batches from those that are on the device, where all of a batch's are. */
  useResident(images: ResidentImages): void {
    this.#resident?.[Symbol.dispose]();
    this.#resident = images;
  }

  gather(batch: Batch, targets: LossTargets): tf.Tensor1D {
    if (this.#pending) this.#fold();
    if (this.#isMoved) this.forget();
    const inputs = this.#write(batch, targets);
    let record = this.#records.get(inputs);
    if (record) record.gradients.play();
    else this.#records.set(inputs, record = this.#record(inputs));
    this.#pending = { record, images: batch.faces.length };
    return this.host.copy(record.gradients.result[LOSSES]!) as tf.Tensor1D;
  }

  update(): void {
    if (!this.#pending) return;
    const { optimizer, variables } = this.#trainee;
    optimizer.begin(variables);
    const mean = this.#mean;
    if (mean && mean.images > 0) {
      this.#fold();
      if (mean.update) mean.update.play();
      else mean.update = this.#recordUpdate(mean.gradients);
      mean.images = 0;
    } else {
      const { record } = this.#pending;
      if (record.update) record.update.play();
      else record.update = this.#recordUpdate(record.gradients.result);
    }
    this.#pending = null;
    this.host.submit();
  }

  forward(batch: Batch, targets: LossTargets): Outputs {
    const inputs = this.#write(batch, targets);
    return tf.tidy(() => {
      const images = inputs.images.tensor();
      const prediction = applyNetwork(this.#trainee.network, images, false);
      const losses = this.#loss(prediction, inputs).values;
      return { ...prediction, maps: mapsInUse(prediction.maps, this.#trainee), losses };
    });
  }

  /** Discards all records, so that the next steps run through tfjs's layers again. */
  forget(): void {
    for (const { gradients } of this.#records.values()) tf.dispose(gradients.result);
    this.#records.clear();
    this.#mean?.[Symbol.dispose]();
    this.#recorder?.[Symbol.dispose]();
    this.#mean = this.#recorder = this.#pending = null;
  }

  /** The commands of a step for batches of a size, in their order; nothing before one has been taken. */
  get tapes(): Tape[] {
    return [...this.#records.values()].flatMap(({ gradients, update }) =>
      [gradients, update].flatMap((recorded) => recorded ? [recorded.tape] : [])
    );
  }

  [Symbol.dispose](): void {
    this.forget();
    for (const inputs of this.#inputs.values()) inputs[Symbol.dispose]();
    this.#resident?.[Symbol.dispose]();
  }

  /** Whether something that records read lies elsewhere now: weights or state that were set. */
  get #isMoved(): boolean {
    if (!this.#recorder) return false;
    const places = this.#currentPlaces();
    return places.some((place, i) => place !== this.#places[i]);
  }

  #currentPlaces(): unknown[] {
    return [...this.#variables.map(({ dataId }) => dataId), this.#trainee.optimizer.version];
  }

  /** Where a batch's images are already; null if one of them is not there. */
  #residenceOf(faces: Batch["faces"]): ResidentImages | null {
    const resident = this.#resident;
    return resident && faces.every(({ record }) => resident.placeOf(record) !== undefined)
      ? resident
      : null;
  }

  /** Brings a batch to the device. */
  #write(batch: Batch, targets: LossTargets): Inputs {
    const { faces, changes, job } = batch;
    const resident = this.#residenceOf(faces);
    const key = `${faces.length} ${resident ? "resident" : "uploaded"}`;
    let inputs = this.#inputs.get(key);
    if (!inputs) this.#inputs.set(key, inputs = inputsFor(this.host, batch, resident));
    inputs.images.write(faces.map(({ record, pixels }) => resident ? record : pixels), changes);
    inputs.targets.write(job, targets);
    return inputs;
  }

  #record(inputs: Inputs): BatchRecord {
    if (!this.#recorder) {
      // Before anything is recorded: what belongs to the run has to be on the device already.
      const { variables, optimizer } = this.#trainee;
      const state = variables.flatMap((variable) => [...optimizer.stateOf(variable).values()]);
      for (const tensor of [...this.#variables, ...state]) this.host.bind(tensor);
      this.#places = this.#currentPlaces();
      this.#recorder = new Recorder(this.host);
      const ready = Array.from({ length: LOSSES_READY }, () => this.host.tensor([3]));
      for (const tensor of ready) this.host.bind(tensor);
      tf.dispose(ready);
    }
    const gradients = this.#recorder.record(() => {
      const { losses, gradients } = differentiate(
        this.#trainee,
        () => inputs.images.tensor(),
        (prediction) => this.#loss(prediction, inputs),
      );
      return { ...gradients, [LOSSES]: losses };
    });
    return { gradients, update: null, fold: null };
  }

  #recordUpdate(gradients: tf.NamedTensorMap): Recorded<tf.NamedTensorMap> {
    return this.#recorder!.record(() => {
      this.#trainee.optimizer.update(this.#trainee.variables, gradients);
      return {};
    });
  }

  /** Takes the pending batch's gradients into the mean. */
  #fold(): void {
    const { record, images } = this.#pending!;
    this.#pending = null;
    const mean = this.#mean ??= new GradientMean(this.host, this.#trainee.variables);
    mean.count(images);
    if (record.fold) record.fold.play();
    else {
      record.fold = this.#recorder!.record(() => {
        mean.add(record.gradients.result);
        return {};
      });
    }
  }

  #loss(prediction: Omit<Outputs, "losses">, { targets }: Inputs) {
    const wanted = { bits: targets.bits(), targets: targets.targets };
    return fusedJointLoss(this.host, prediction, wanted, this.#trainee);
  }
}

function inputsFor(host: TfjsHost, { faces, input, job }: Batch, resident: ResidentImages | null) {
  const images = new DeviceImages(host, faces.length, input, resident);
  const targets = new DeviceTargets(host, job);
  const dispose = () => {
    images[Symbol.dispose]();
    targets[Symbol.dispose]();
  };
  return { images, targets, [Symbol.dispose]: dispose };
}

/** The mean gradients of several batches. */
class GradientMean implements Disposable {
  /** By the names of their variables. */
  readonly gradients: tf.NamedTensorMap;
  /** How many images it is the mean of. */
  images = 0;
  update: Recorded<tf.NamedTensorMap> | null = null;
  readonly #host: TfjsHost;
  readonly #share: tf.Tensor;

  constructor(host: TfjsHost, variables: readonly tf.Variable[]) {
    this.#host = host;
    const zeros = (shape: number[]) => tf.keep(tf.zeros(shape));
    this.gradients = Object.fromEntries(variables.map(({ name, shape }) => [name, zeros(shape)]));
    this.#share = zeros([1]);
    for (const mean of Object.values(this.gradients)) host.bind(mean);
  }

  /** Says how many images the next gradients are of. */
  count(images: number): void {
    this.images += images;
    this.#host.write(this.#share, Float32Array.of(images / this.images));
  }

  /** Records that they are taken in. */
  add(gradients: tf.NamedTensorMap): void {
    const share = this.#host.bind(this.#share);
    for (const [name, mean] of Object.entries(this.gradients)) {
      const g = this.#host.bind(gradients[name]!);
      gradientMean(this.#host.gpu, { mean: this.#host.bindWritable(mean), g, share }, mean.size);
    }
  }

  [Symbol.dispose](): void {
    tf.dispose([this.gradients, this.#share]);
  }
}
