/**
 * Computations through tfjs that are recorded the first time and played from then on: tfjs is their author,
 * and pays for that once.
 */

import type * as tf from "@tensorflow/tfjs-core";
import { Scratch } from "../webgpu/scratch.ts";
import { Tape } from "../webgpu/tape.ts";
import type { TapeMemory, TensorData, TfjsHost } from "./host.ts";

/** A computation that has been recorded, and what it left. */
export interface Recorded<T> {
  /** What it returned: tensors whose numbers are new whenever it has been played. */
  readonly result: T;
  readonly tape: Tape;
  /** Records its commands again. */
  play(): void;
}

/** Records computations into memory of their own. Dispose it to release that, and all that was recorded. */
export class Recorder implements Disposable {
  readonly #host: TfjsHost;
  readonly #memory: TapeMemory;

  constructor(host: TfjsHost) {
    this.#host = host;
    this.#memory = { pool: host.openPool(), scratch: new Scratch(host.gpu.device, true) };
  }

  /**
   * Runs a computation, and records it. A tape finds its numbers again where they were: what it reads has to
   * stay, and what changes from one time to the next has to be written there: a number that tfjs is given
   * stays what it was. It must write all of its own
   * memory before it reads it, since others that are recorded here use the same memory.
   *
   * @param run Returns the tensors that are wanted of it. They are left to the recorder.
   */
  record<T extends tf.NamedTensorMap>(run: () => T): Recorded<T> {
    const host = this.#host;
    const tape = new Tape();
    let result: T | undefined;
    const changed: Set<TensorData> = host.record(tape, this.#memory, () => {
      result = run();
      for (const tensor of Object.values(result)) host.leave(tensor);
    });
    const play = () => {
      tape.play(host);
      // tfjs keeps what it has read back once.
      for (const data of changed) data.values = null;
    };
    return { result: result!, tape, play };
  }

  [Symbol.dispose](): void {
    this.#host.closePool(this.#memory.pool);
    this.#memory.scratch[Symbol.dispose]();
  }
}
