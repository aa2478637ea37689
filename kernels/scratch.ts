/**
 * What a device keeps from one call to the next: memory that kernels need only until their own last dispatch,
 * and uniform values. None of it counts as live.
 *
 * @module
 */

import { copyTexels, rowsFor, rowTexture, storageBuffer, uniformBuffer } from "./device_memory.ts";
import type { PassHost } from "./passes.ts";

/** Keeps one buffer and one texture a slot, as large as anybody has asked for, and uniforms by value. */
export class Scratch implements Disposable {
  readonly #device: GPUDevice;
  readonly #buffers = new Map<string, GPUBuffer>();
  readonly #textures = new Map<string, GPUTexture>();
  readonly #uniforms = new Map<string, GPUBuffer>();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** The buffer of a slot, at least `bytes` of it. */
  buffer(host: PassHost, slot: string, bytes: number): GPUBufferBinding {
    const size = Math.ceil(bytes / 4) * 4;
    const known = this.#buffers.get(slot);
    if (known && known.size >= size) return { buffer: known, size };
    if (known) {
      // Commands that use the smaller one may still be recorded only.
      host.submit();
      known.destroy();
    }
    const buffer = storageBuffer(this.#device, size, slot);
    this.#buffers.set(slot, buffer);
    return { buffer, size };
  }

  /** Records a copy of a buffer's first `count` texels into the texture of a slot. */
  texels(host: PassHost, slot: string, source: GPUBufferBinding, count: number): GPUTextureView {
    const texture = this.#texture(host, slot, rowsFor(count));
    copyTexels(host.copies(), source, texture, count);
    return texture.createView();
  }

  /** The uniform buffer that holds these u32 values. */
  uniforms(values: readonly number[]): GPUBuffer {
    const key = values.join();
    const known = this.#uniforms.get(key);
    if (known) return known;
    const buffer = uniformBuffer(this.#device, values);
    this.#uniforms.set(key, buffer);
    return buffer;
  }

  /** Releases the buffers and textures of all slots, which are made anew when they are asked for. */
  release(host: PassHost): void {
    // Commands that use them may still be recorded only.
    host.submit();
    this.#destroy(this.#buffers, this.#textures);
  }

  /** Releases everything. */
  [Symbol.dispose](): void {
    this.#destroy(this.#buffers, this.#textures, this.#uniforms);
  }

  /** The texture of a slot, at least `height` rows of it; nobody writes the first, so it stays zero. */
  #texture(host: PassHost, slot: string, height: number): GPUTexture {
    const known = this.#textures.get(slot);
    if (known && known.height >= height) return known;
    if (known) {
      host.submit();
      known.destroy();
    }
    const texture = rowTexture(this.#device, height, slot);
    this.#textures.set(slot, texture);
    return texture;
  }

  #destroy(...kept: readonly Map<string, GPUBuffer | GPUTexture>[]): void {
    for (const resources of kept) {
      for (const resource of resources.values()) resource.destroy();
      resources.clear();
    }
  }
}
