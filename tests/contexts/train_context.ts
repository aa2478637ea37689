/** A small training run on faces of the shipped sample, for the tests of training and evaluation. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { ATTRIBUTES, hasAttribute } from "../../pipeline/face/attributes.ts";
import {
  type Batch,
  inBatches,
  loadBatch,
  makeBatch,
  type WholeFace,
} from "../../pipeline/face/batches.ts";
import { openBackend } from "../../pipeline/compute/backend.ts";
import { openDataset } from "../../pipeline/dataset.ts";
import { loadFaces } from "../../pipeline/face/faces.ts";
import { joinLandmarks } from "../../pipeline/landmarks.ts";
import { maskSize } from "../../pipeline/network/network.ts";
import { PRESETS, trainConfig, type TrainOverrides } from "../../pipeline/network/presets.ts";
import type { TrainConfig } from "../../pipeline/network/settings.ts";
import { Random } from "../../pipeline/numbers/random.ts";
import type { FaceRecord } from "../../pipeline/face/record.ts";
import { train } from "../../pipeline/train.ts";

/** The shipped sample. */
export const SAMPLE = join(import.meta.dirname!, "..", "..", "data", "sample");
/** Its true landmarks. */
export const SAMPLE_LANDMARKS = join(SAMPLE, "Anno", "list_landmarks_68.csv");

/** The first faces of the sample with their true landmarks: 16 to train on, 8 each of the others. */
export async function* someFaces(train = 16): AsyncGenerator<FaceRecord> {
  const left = { train, validation: 8, test: 8 };
  const dataset = await openDataset(SAMPLE);
  for await (const record of joinLandmarks(SAMPLE_LANDMARKS)(dataset.records())) {
    if (left[record.split!]-- > 0) yield record;
  }
}

/** The layers of the network at a quarter of the side, a few channels each. */
export function smallConfig(overrides: TrainOverrides = {}): TrainConfig {
  return trainConfig("lite", {
    network: {
      ...PRESETS.lite.network,
      input: { height: 54, width: 44 },
      widths: [4, 8, 8, 12, 12],
    },
    epochs: 3,
    batch: 6,
    augmentation: { flip: true, shift: 2 },
    ...overrides,
  });
}

/** A run of seconds whose network has every kind of layer. */
export async function trainSmall(out: string): Promise<void> {
  const { network } = smallConfig();
  const config = smallConfig({ network: { ...network, maskHead: "context" } });
  using backend = await openBackend("wasm");
  await train({ records: someFaces(), config, backend, out });
}

/** A batch of `count` images of noise with random labels and no regions. */
export function noiseBatch({ network }: TrainConfig, count: number, seed: number): Batch {
  const { input } = network;
  const random = new Random(seed);
  const record = { image: "", path: "", split: null, labels: 0, size: null, box: null };
  const faces = Array.from({ length: count }, (): WholeFace => ({
    record: { ...record, points: null, rejected: null },
    labels: random.integer(2 ** 40),
    pixels: Uint8Array.from({ length: input.height * input.width * 3 }, () => random.integer(256)),
  }));
  const plan = { input, mask: maskSize(network), augmentation: { flip: false, shift: 0 } };
  return makeBatch(faces, plan, null);
}

/** Batches of faces of the sample, mirrored and shifted as in training. */
export async function sampleBatches(
  { network, batch, augmentation, seed }: TrainConfig,
  count: number,
): Promise<Batch[]> {
  const random = new Random(seed);
  const reject = (_: unknown, reason: string) => assert.fail(reason);
  const faces = await Array.fromAsync(loadFaces(someFaces(), network.input, reject));
  const some = Array.from({ length: count * batch }, (_, i) => faces[i % faces.length]!);
  const plan = { input: network.input, mask: maskSize(network), augmentation };
  return await Promise.all(
    [...inBatches(random.shuffle(some), batch)].map((faces) =>
      loadBatch(faces, plan, random, reject)
    ),
  );
}

/** The labels of a batch as numbers: f32 [B, 40], 0 or 1. */
export function labelNumbers({ faces }: Batch): Float32Array<ArrayBuffer> {
  return Float32Array.from(
    faces.flatMap(({ labels }) => ATTRIBUTES.map((_, a) => hasAttribute(labels, a) ? 1 : 0)),
  );
}
