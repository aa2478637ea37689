/**
 * The points of many faces by image name, held compactly.
 *
 * @module
 */

const COORDINATES = 136;
/** Faces whose points share a block of memory; a block takes 2 MB. */
const BLOCK = 4096;

/** Points of faces by their image's name. */
export class LandmarkTable {
  readonly #index = new Map<string, number>();
  /** f32 [BLOCK, 136] each. */
  readonly #blocks: Float32Array[] = [];

  /** Adds a face, whose name must be new. */
  add(image: string, points: Float32Array): void {
    const index = this.#index.size;
    if (index % BLOCK === 0) this.#blocks.push(new Float32Array(BLOCK * COORDINATES));
    this.#blocks.at(-1)!.set(points, index % BLOCK * COORDINATES);
    this.#index.set(image, index);
  }

  /** A face's points, as a copy, or undefined if there is none of this name. */
  get(image: string): Float32Array | undefined {
    const index = this.#index.get(image);
    if (index === undefined) return undefined;
    const start = index % BLOCK * COORDINATES;
    return this.#blocks[Math.floor(index / BLOCK)]!.slice(start, start + COORDINATES);
  }
}
