/** Random images with the regions of a drawn face, for the benchmarks of training. */

import { type Batch, makeBatch, type WholeFace } from "../../pipeline/face/batches.ts";
import { maskSize, type NetworkConfig } from "../../pipeline/network/network.ts";
import { Random } from "../../pipeline/numbers/random.ts";
import { FRAME } from "../../pipeline/face/frame.ts";
import { frontalFace } from "../fixtures/region_diagram.ts";

/** Seed of images, labels and initial weights. */
export const SEED = 64;

/** A batch for a network, changed as in training. */
export function randomBatch(network: NetworkConfig, size: number): Batch {
  const random = new Random(SEED);
  const { input } = network;
  const record = { image: "", path: "", split: null, box: null, rejected: null };
  const faces = Array.from({ length: size }, (): WholeFace => ({
    record: { ...record, size: [FRAME.width, FRAME.height], labels: null, points: frontalFace() },
    labels: random.integer(2 ** 40),
    pixels: Uint8Array.from({ length: input.height * input.width * 3 }, () => random.integer(256)),
  }));
  const plan = { input, mask: maskSize(network), augmentation: { flip: true, shift: 4 } };
  return makeBatch(faces, plan, random);
}
