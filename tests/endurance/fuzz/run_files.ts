/** A run folder as training and evaluation leave it, of random numbers, and the caches beside it. */

import { join } from "node:path";
import { useWasm } from "../../../kernels/tfjs/wasm/backend.ts";
import { FAMILIES_VERSION } from "../../../kernels/tuning/tuning.ts";
import { ATTRIBUTES, labelsOf } from "../../../pipeline/face/attributes.ts";
import { KERNELS as BACKENDS_VERSION } from "../../../pipeline/compute/backend_measurements.ts";
import { writeJson } from "../../../pipeline/files/write_file.ts";
import { gatherEvidence, MetricsAccumulator } from "../../../pipeline/metrics/metrics.ts";
import {
  encodePredictions,
  type Predictions,
  predictionsPath,
} from "../../../pipeline/metrics/predictions.ts";
import { buildNetwork, maskSize } from "../../../pipeline/network/network.ts";
import { summarise } from "../../../pipeline/evaluate/occlusion/shifts.ts";
import { presetConfig } from "../../../pipeline/network/presets.ts";
import { Random } from "../../../pipeline/numbers/random.ts";
import { findExtremes } from "../../../pipeline/evaluate/extremes.ts";
import { encodeSample } from "../../../pipeline/evaluate/samples.ts";
import { schemaOf } from "../../../pipeline/files/schema.ts";
import { encodeCheckpoint, readTensors } from "../../../pipeline/train/checkpoints/checkpoint.ts";
import { writeModel } from "../../../pipeline/train/files/model_folder.ts";
import { writeRunConfig } from "../../../pipeline/train/files/run_folder.ts";
import { FRESH } from "../../../pipeline/train/schedule.ts";

const A = ATTRIBUTES.length;
/** Faces that were measured. */
const FACES = 6;

/** Sizes of the smallest network there is, of either architecture. */
const SIZES = { input: { height: 26, width: 24 }, maskHead: "separate" } as const;

/** The configuration of a run. */
const CONFIG = presetConfig("lite", { ...SIZES, widths: [2, 3], architecture: "plain", epochs: 2 });

/** Writes all files of a run. */
export async function writeRun(run: string): Promise<void> {
  await useWasm();
  const random = new Random("a run");
  const predictions = predictionsOf(random);
  await writeRunConfig(run, {
    ...{ ...CONFIG, mask: maskSize(CONFIG.network), backend: "wasm" },
    ...{ created: "2026-01-31T12:00:00.000Z", versions: { deno: "2.9.6", tfjs: "4.22.0" } },
    data: { dataset: "/faces", landmarks: "/faces.csv", train: 4, validation: 2 },
  });
  await Deno.writeTextFile(join(run, "log.ndjson"), logText());
  await Deno.writeFile(predictionsPath(run), encodePredictions(predictions));
  await writeJson(join(run, "metrics.json"), metricsOf(predictions));
  const places = predictions.images.map((image) => ({
    path: `/faces/${image}`,
    size: [178, 218] as const,
  }));
  await writeJson(join(run, "extremes.json"), findExtremes(predictions, places));
  await writeJson(join(run, "occlusion.json"), occlusionOf(random));
  await writeJson(join(run, "samples.json"), [0, 1].map((face) => sampleOf(face, random)));
  await writeWeights(run);
}

function occlusionOf(random: Random): object {
  const shifts = Array.from({ length: FACES }, () => ({
    labels: random.integer(2 ** A),
    region: Float64Array.from({ length: A }, () => random.normal()),
    elsewhere: Float64Array.from({ length: A }, () => random.normal()),
  }));
  return { schema: schemaOf("occlusion"), ...summarise(shifts, "test") };
}

async function writeWeights(run: string): Promise<void> {
  const network = buildNetwork(CONFIG.network, 1);
  await writeModel(run, network);
  const tensors = network.weights.map((weight) => [weight.originalName, weight.read()] as const);
  const { state } = new Random(1);
  const bytes = await encodeCheckpoint({
    tensors: await readTensors(tensors),
    metadata: {
      ...{ epoch: 1, batch: 1, step: 3, patience: FRESH },
      random: { order: state, changes: state },
      sums: { losses: [1, 0.75, 0.25], images: 4, seconds: 1.5, waited: 0.25 },
      best: [{ epoch: 0, loss: 0.5 }],
    },
  });
  network.dispose();
  await Deno.mkdir(join(run, "checkpoints"), { recursive: true });
  await Deno.writeFile(join(run, "checkpoints", "last.safetensors"), bytes);
}

function predictionsOf(random: Random): Predictions {
  const numbers = { length: FACES * A };
  const intersection = Uint32Array.from(numbers, () => random.integer(50));
  return {
    split: "test",
    images: Array.from({ length: FACES }, (_, face) => `${face}.jpg`),
    labels: Array.from({ length: FACES }, () => random.integer(2 ** A)),
    logits: Float32Array.from(numbers, () => random.normal()),
    intersection,
    union: intersection.map((count) => count + random.integer(50)),
    priorIntersection: intersection,
    priorUnion: intersection.map((count) => count + random.integer(50)),
    pointing: Uint8Array.from(numbers, () => [0, 1, 255][random.integer(3)]!),
  };
}

function metricsOf(predictions: Predictions) {
  const { logits, labels } = predictions;
  const measured = new MetricsAccumulator();
  measured.add({ logits, labels, overlap: predictions });
  const metrics = measured.result("test");
  return { ...metrics, evidence: gatherEvidence(metrics, predictions, predictions) };
}

function sampleOf(face: number, random: Random) {
  const mask = { height: 3, width: 2 };
  const pixels = mask.height * mask.width;
  return encodeSample({
    ...{ image: `${face}.jpg`, path: `/faces/${face}.jpg`, size: [178, 218], mask },
    labels: labelsOf(["Smiling", "Young"]),
    probabilities: Float32Array.from({ length: A }, () => random.next()),
    maps: Float32Array.from({ length: pixels * A }, () => random.next()),
    bits: Uint32Array.from({ length: pixels }, () => random.integer(2 ** 14)),
  });
}

function logText(): string {
  const losses = { loss: 1, attributeLoss: 0.75, maskLoss: 0.25 };
  const lines = [0, 1].flatMap((epoch) => [
    ...[0, 1, 2].map((step) => ({
      ...{ type: "step", step: 3 * epoch + step, epoch, learningRate: 0.01 },
      ...losses,
    })),
    {
      ...{ type: "epoch", epoch, learningRate: 0.01, seconds: 1.5, imagesPerSecond: 4 },
      ...{ waitShare: 0.25, train: losses },
      validation: {
        ...{ ...losses, accuracy: 0.8, balancedAccuracy: 0.7 },
        ...{ localisationIoU: 0.6, priorIoU: 0.5, pointing: 0.9, maskIoU: null },
      },
    },
  ]);
  return lines.map((line) => JSON.stringify(line) + "\n").join("");
}

/** An adapter that nobody has. */
export const ADAPTER = { vendor: "v", architecture: "a", device: "d", description: "an adapter" };

/** Kernels that were measured. */
export const KERNELS = JSON.stringify({
  [`v|a|d|an adapter|version ${FAMILIES_VERSION}`]: { "conv2d 1x2x3, batch 4": "registers" },
  [`another|a|d|adapter|version ${FAMILIES_VERSION}`]: {
    "conv2d 1x2x3, batch 4": "128x64, 8x8 each",
  },
});

/** Backends that were measured. */
export const BACKENDS = JSON.stringify({
  schema: schemaOf("backend-choice"),
  measurements: [{
    ...{ adapter: "an adapter", network: "plain 1x2", batch: 8, kernels: BACKENDS_VERSION },
    seconds: { webgpu: 0.25, wasm: 0.125 },
  }],
});

/** Settings as `--config` reads them. */
export const SETTINGS = JSON.stringify(CONFIG);
