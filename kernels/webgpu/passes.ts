/** Where dispatches and copies are recorded, in the order of the calls. */

/** Where dispatches are recorded; lets another owner of the device keep its own command order. */
export interface PassHost {
  /** The compute pass that the next dispatch belongs to. */
  pass(): GPUComputePassEncoder;
  /** Where the next copy is recorded: the encoder between two passes. */
  copies(): GPUCommandEncoder;
  /** Called after each dispatch, so that the host may submit from time to time. */
  dispatched(): void;
  /** Submits everything recorded so far. */
  submit(): void;
}

/** How many dispatches are recorded before they are submitted. */
const DISPATCHES_PER_SUBMIT = 32;

/** Records into command encoders of its own. */
export class OwnPasses implements PassHost {
  readonly #device: GPUDevice;
  #encoder: GPUCommandEncoder | null = null;
  #pass: GPUComputePassEncoder | null = null;
  #count = 0;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  pass(): GPUComputePassEncoder {
    this.#encoder ??= this.#device.createCommandEncoder({ label: "kernels" });
    this.#pass ??= this.#encoder.beginComputePass({ label: "kernels" });
    return this.#pass;
  }

  copies(): GPUCommandEncoder {
    this.#encoder ??= this.#device.createCommandEncoder({ label: "kernels" });
    this.#pass?.end();
    this.#pass = null;
    return this.#encoder;
  }

  dispatched(): void {
    if (++this.#count >= DISPATCHES_PER_SUBMIT) this.submit();
  }

  submit(): void {
    if (!this.#encoder) return;
    this.#pass?.end();
    this.#device.queue.submit([this.#encoder.finish()]);
    this.#encoder = this.#pass = null;
    this.#count = 0;
  }
}
