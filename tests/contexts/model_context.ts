/** Networks of all presets with any weights, in run folders, and what they say of faces of the sample. */

import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { computeOf, openBackend, prepareNetwork } from "../../pipeline/compute/backend.ts";
import { networkSizes } from "../../pipeline/evaluate.ts";
import { openDataset } from "../../pipeline/dataset.ts";
import { loadFaces } from "../../pipeline/face/faces.ts";
import type { FaceRecord } from "../../pipeline/face/record.ts";
import { applyNetwork, buildNetwork, maskSize } from "../../pipeline/network/network.ts";
import type { NetworkConfig } from "../../pipeline/network/network.ts";
import { networkInput } from "../../pipeline/network/network_input.ts";
import { PRESETS, trainConfig } from "../../pipeline/network/presets.ts";
import type { PresetName } from "../../pipeline/network/settings.ts";
import { Random } from "../../pipeline/numbers/random.ts";
import { writeCard } from "../../pipeline/train/card/card_files.ts";
import { readModel, writeModel } from "../../pipeline/train/files/model_folder.ts";
import { writeRunConfig } from "../../pipeline/train/files/run_folder.ts";
import { assertClose } from "../comparing/compare.ts";
import { realData } from "./real_data.ts";
import { someFaces } from "./train_context.ts";

/** A network to try. */
export interface NetworkCase {
  readonly preset: PresetName;
  readonly network: NetworkConfig;
  /** Faces to try it on. */
  readonly count: number;
}

const SMALL = { height: 54, width: 44 } as const;
const { lite, paper, residual } = PRESETS;

/** All presets, and the heads and architectures that none has together. */
export const NETWORK_CASES: Readonly<Record<string, NetworkCase>> = {
  residual: { preset: "residual", network: residual.network, count: 32 },
  lite: { preset: "lite", network: lite.network, count: 32 },
  // 73 GFLOP a face at its full size.
  paper: { preset: "paper", network: paper.network, count: 1 },
  "paper, small": { preset: "paper", network: { ...paper.network, input: SMALL }, count: 32 },
  "lite with a separate head": {
    ...{ preset: "lite", network: { ...lite.network, maskHead: "separate" }, count: 4 },
  },
  "lite with a context head": {
    ...{ preset: "lite", network: { ...lite.network, maskHead: "context" }, count: 4 },
  },
  "residual with a shared head": {
    ...{ preset: "residual", network: { ...residual.network, maskHead: "shared" }, count: 4 },
  },
  // Odd sides, which leave a row or column over on every scale.
  "residual of odd sides": {
    preset: "residual",
    network: { ...residual.network, input: { height: 75, width: 63 }, widths: [8, 12] },
    count: 4,
  },
};

/** Writes a run with a network of random weights, also where training starts from zeros and ones. */
export async function writeNetwork(
  run: string,
  { preset, network: sizes }: NetworkCase,
  seed = 64,
): Promise<void> {
  using _ = await openBackend("wasm");
  const config = { ...trainConfig(preset), network: sizes, seed };
  await writeRunConfig(run, {
    ...{ ...config, mask: maskSize(sizes), backend: "wasm", data: {} },
    ...{ created: "2026-01-31T12:00:00.000Z", versions: {} },
  });
  const network = buildNetwork(sizes, seed);
  const random = new Random(seed);
  for (const weight of network.weights) {
    const [layer, part] = weight.originalName.split("/");
    if (part === "kernel" && layer !== "enlarge_mask") continue;
    if (layer === "prior" && part !== "beta") continue;
    const [low, high] = part === "gamma" || part === "moving_variance" ? [0.5, 1.5] : [-0.5, 0.5];
    const numbers = () => low! + (high! - low!) * random.next();
    const values = Float32Array.from(
      { length: weight.shape.reduce((a, b) => a! * b!, 1)! },
      numbers,
    );
    tf.tidy(() =>
      (weight.read() as tf.Variable).assign(tf.tensor(values, weight.shape as number[]))
    );
  }
  await writeCard(run, null);
  await writeModel(run, network);
  network.dispose();
}

/** What a network says of images. */
export interface Outputs {
  /** f32 [B, 40] */
  readonly logits: Float32Array;
  /** f32 [B, h, w, 40] */
  readonly maps: Float32Array;
}

/**
 * Faces at the size of a network's input, u8 [H, W, 3] each: of the sample, and half of them of CelebA where
 * there are such.
 */
export async function facesFor({ network, count }: NetworkCase): Promise<Uint8Array[]> {
  const real = await realData("celeba-small");
  const half = real === null || count === 1 ? 0 : Math.floor(count / 2);
  const take = async (records: AsyncIterable<FaceRecord>, most: number) =>
    (await Array.fromAsync(loadFaces(records, network.input, () => {}))).slice(0, most);
  const faces = await take(someFaces(count), count - half);
  if (half > 0) {
    const shard = { index: 1, count: 75 };
    faces.push(...await take((await openDataset(real!)).records({ shard }), half));
  }
  assert.equal(faces.length, count);
  return faces.map(({ pixels }) => pixels!);
}

/** What the network of a run says of images, as `predict` has it on wasm. */
export async function ourOutputs(run: string, images: readonly Uint8Array[]): Promise<Outputs> {
  using backend = await openBackend("wasm");
  const network = await readModel(run);
  prepareNetwork(backend, network);
  using input = networkInput(computeOf(backend), networkSizes(network).input, images.length);
  const outputs = tf.tidy(() => applyNetwork(network, input.of(images), false));
  const [logits, maps] = [
    await outputs.logits.data<"float32">(),
    await outputs.maps.data<"float32">(),
  ];
  tf.dispose([outputs.logits, outputs.maps]);
  network.dispose();
  return { logits, maps };
}

/** Fails where logits or maps part by more than 1e-4. */
export function assertSame(actual: Outputs, expected: Outputs, what: string): void {
  for (const name of ["logits", "maps"] as const) {
    const largest = expected[name].reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    assertClose(actual[name], expected[name], {
      relative: 1e-4 / largest,
      what: `${name}, ${what}`,
    });
  }
}
