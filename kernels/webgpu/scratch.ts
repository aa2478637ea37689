/**
 * What a device keeps from one call to the next: memory that kernels need only until their own last dispatch.
 * None of it counts as live.
 */

import { copyTexels, ROW_BYTES, rowsFor, rowTexture, storageBuffer } from "./device_memory.ts";
import type { PassHost } from "./passes.ts";

/** Keeps one buffer and one texture a slot, as large as anybody has asked for. */
export class Scratch implements Disposable {
  readonly #device: GPUDevice;
  readonly #isTaped: boolean;
  readonly #buffers = new Map<string, GPUBuffer>();
  readonly #textures = new Map<string, GPUTexture>();
  /** Those that a larger one has replaced, which tapes still use. */
  readonly #outgrown: (GPUBuffer | GPUTexture)[] = [];

  /** @param isTaped Whether it serves tapes, for whose commands what is outgrown has to be kept. */
  constructor(device: GPUDevice, isTaped = false) {
    this.#device = device;
    this.#isTaped = isTaped;
  }

  /** The buffer of a slot, at least `bytes` of it. */
  buffer(host: PassHost, slot: string, bytes: number): GPUBufferBinding {
    const size = Math.ceil(bytes / 4) * 4;
    const known = this.#buffers.get(slot);
    if (known && known.size >= size) return { buffer: known, size };
    if (known) this.#outgrow(host, known);
    // To the end of a row, so that one copy takes it into a texture.
    const buffer = storageBuffer(this.#device, Math.ceil(size / ROW_BYTES) * ROW_BYTES, slot);
    this.#buffers.set(slot, buffer);
    return { buffer, size };
  }

  /** Records a copy of a buffer's first `count` texels into the texture of a slot. */
  texels(host: PassHost, slot: string, source: GPUBufferBinding, count: number): GPUTextureView {
    const texture = this.#texture(host, slot, rowsFor(count));
    copyTexels(host.copies(), source, texture, count);
    return texture.createView();
  }

  /** Releases the buffers and textures of all slots, which are made anew when they are asked for. */
  release(host: PassHost): void {
    // Commands that use them may still be recorded only.
    host.submit();
    this[Symbol.dispose]();
  }

  /** As {@linkcode release}, for a device with nothing recorded. */
  [Symbol.dispose](): void {
    const all = [
      ...this.#buffers.values(),
      ...this.#textures.values(),
      ...this.#outgrown.splice(0),
    ];
    for (const resource of all) resource.destroy();
    this.#buffers.clear();
    this.#textures.clear();
  }

  /** The texture of a slot, at least `height` rows of it; nobody writes the first, so it stays zero. */
  #texture(host: PassHost, slot: string, height: number): GPUTexture {
    const known = this.#textures.get(slot);
    if (known && known.height >= height) return known;
    if (known) this.#outgrow(host, known);
    const texture = rowTexture(this.#device, height, slot);
    this.#textures.set(slot, texture);
    return texture;
  }

  /** Lets go of what a larger one is about to replace. */
  #outgrow(host: PassHost, resource: GPUBuffer | GPUTexture): void {
    if (this.#isTaped) {
      this.#outgrown.push(resource);
      return;
    }
    // Commands that use it may still be recorded only.
    host.submit();
    resource.destroy();
  }
}
