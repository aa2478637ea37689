/**
 * Training on a data set by ours and by PyTorch: the network and the recipe of the preset `lite` without
 * the mask loss, the same pixels, splits and initial weights; order and augmentation are drawn by each
 * for itself. Writes `reference.csv` (a row an epoch) and `reference.svg` (the curves), and prints the
 * measures of the test split, by the weights with the smallest validation loss.
 *
 * `--dataset DIR` and `--landmarks FILE` are needed, the latter since ours trains on faces with landmarks
 * only. `--seeds 64,65` (64), `--epochs N` (the preset's), `--out DIR` (`out/reference`), `--threads N` for
 * PyTorch (all cores; on a busy machine 1 is faster), `--backend webgpu|wasm` for ours (wasm).
 */

import "../../pipeline/cli/environment.ts";
import assert from "node:assert/strict";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ATTRIBUTES, hasAttribute } from "../../pipeline/face/attributes.ts";
import { type BackendName, openBackend } from "../../pipeline/compute/backend.ts";
import { csvRow } from "../../pipeline/files/csv.ts";
import { openDataset } from "../../pipeline/dataset.ts";
import { evaluate } from "../../pipeline/evaluate.ts";
import { type Face, loadFaces } from "../../pipeline/face/faces.ts";
import { writeFile } from "../../pipeline/files/write_file.ts";
import { joinLandmarks } from "../../pipeline/landmarks.ts";
import { buildNetwork } from "../../pipeline/network/network.ts";
import { trainConfig } from "../../pipeline/network/presets.ts";
import { type FaceRecord, type Split, SPLITS } from "../../pipeline/face/record.ts";
import { readLines } from "../../pipeline/files/read_lines.ts";
import type { TrainConfig } from "../../pipeline/network/settings.ts";
import { train } from "../../pipeline/train.ts";
import { readTensors } from "../../pipeline/train/checkpoints/checkpoint.ts";
import { bytesOf, findPython, peerArguments } from "../contexts/python_peer.ts";
import { print } from "./measuring.ts";
import { drawCurves, type ReferenceRun } from "./reference_curves.ts";

/** Faces with their pixels, by split. */
type Faces = Readonly<Record<Split, Face[]>>;

async function gather(
  records: () => AsyncIterable<FaceRecord>,
  { network }: TrainConfig,
): Promise<Faces> {
  const faces: Faces = { train: [], validation: [], test: [] };
  const reject = ({ image }: FaceRecord, reason: string) => print(`${image}: ${reason}`);
  for await (const face of loadFaces(records(), network.input, reject)) {
    // As `train`, which leaves out faces without landmarks, and `evaluate`, which does not.
    const isUsed = face.record.points !== null || face.record.split === "test";
    if (isUsed) faces[face.record.split!].push(face);
  }
  return faces;
}

async function trainOurs(
  records: () => AsyncIterable<FaceRecord>,
  config: TrainConfig,
  backendName: BackendName,
): Promise<ReferenceRun> {
  using backend = await openBackend(backendName);
  const out = await Deno.makeTempDir({ prefix: "attparsenet-" });
  try {
    const epochs: ReferenceRun["epochs"][number][] = [];
    const { bestEpoch } = await train({
      records: records(),
      config,
      backend,
      out,
      onEpoch: ({ epoch, seconds, train, validation }) => {
        const { attributeLoss: loss, accuracy, balancedAccuracy } = validation!;
        epochs.push({
          ...{ epoch, seconds, trainLoss: train.attributeLoss },
          validation: { loss, accuracy: accuracy!, balancedAccuracy: balancedAccuracy! },
        });
        print(`ours, seed ${config.seed}, epoch ${epoch + 1}: ${JSON.stringify(epochs.at(-1))}`);
      },
    });
    const { accuracy, balancedAccuracy } = await evaluate({
      ...{ run: out, records: records(), split: "test", backend },
    });
    const test = { accuracy: accuracy!, balancedAccuracy: balancedAccuracy! };
    return { program: "ours", seed: config.seed, epochs, bestEpoch, test };
  } finally {
    await Deno.remove(out, { recursive: true });
  }
}

/** What PyTorch is given: the configuration in a line, weights, images and labels. */
async function* reference(faces: Faces, config: TrainConfig, threads: number) {
  const { seed, epochs, batch, learningRate, learningRateDecay, momentum, weightDecay } = config;
  const { network, augmentation } = config;
  const weights = await initialWeights(config);
  const header = {
    ...{ ...network.input, widths: network.widths, ...augmentation, threads, seed, epochs, batch },
    ...{ learningRate, learningRateDecay, momentum, weightDecay },
    weights: weights.map(({ name, shape }) => ({ name, shape })),
    splits: Object.fromEntries(SPLITS.map((split) => [split, faces[split].length])),
  };
  yield new TextEncoder().encode(JSON.stringify(header) + "\n");
  for (const { data } of weights) yield bytesOf(Float32Array.from(data));
  for (const split of SPLITS) {
    for (const { pixels } of faces[split]) yield Uint8Array.from(pixels!);
    for (const { labels } of faces[split]) {
      yield Uint8Array.from(ATTRIBUTES, (_, a) => Number(hasAttribute(labels, a)));
    }
  }
}

async function initialWeights({ network, seed }: TrainConfig) {
  using _backend = await openBackend("wasm");
  const model = buildNetwork(network, seed);
  const tensors = await readTensors(
    model.weights.map((weight) => [weight.originalName, weight.read()] as const),
  );
  // They lie in the backend's memory.
  const weights = tensors.map((tensor) => ({ ...tensor, data: tensor.data.slice() }));
  model.dispose();
  return weights;
}

async function trainTorch(
  python: string,
  faces: Faces,
  config: TrainConfig,
  threads: number,
): Promise<ReferenceRun> {
  const process = new Deno.Command(python, {
    args: peerArguments("train_faces_torch.py"),
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const sent = ReadableStream.from(reference(faces, config, threads)).pipeTo(process.stdin);
  const lines = [];
  for await (const { text } of readLines(process.stdout, "train_faces_torch.py")) {
    lines.push(JSON.parse(text));
    print(`PyTorch, seed ${config.seed}: ${text}`);
  }
  await sent;
  assert((await process.status).success, "train_faces_torch.py failed");
  const { bestEpoch, test } = lines.pop();
  return { program: "PyTorch", seed: config.seed, epochs: lines, bestEpoch, test };
}

function csvOf(runs: readonly ReferenceRun[]): string {
  const head = ["program", "seed", "epoch", "seconds", "train_loss"];
  const validation = ["loss", "accuracy", "balancedAccuracy"] as const;
  const names = ["validation_loss", "validation_accuracy", "validation_balanced_accuracy"];
  const rows = runs.flatMap(({ program, seed, epochs }) =>
    epochs.map((line) => [
      ...[program, seed, line.epoch + 1, line.seconds, line.trainLoss],
      ...validation.map((name) => line.validation[name]),
    ])
  );
  return [[...head, ...names], ...rows].map(csvRow).join("");
}

function report(runs: readonly ReferenceRun[], faces: Faces): void {
  const counts = SPLITS.map((split) => `${faces[split].length} ${split}`).join(", ");
  print(`test split by the best epoch's weights; faces: ${counts}`);
  const heads = ["seed", "best epoch", "accuracy", "balanced", "s/epoch"];
  print("program".padEnd(10) + heads.map((head) => head.padStart(12)).join(""));
  for (const { program, seed, epochs, bestEpoch, test } of runs) {
    const seconds = epochs.reduce((sum, epoch) => sum + epoch.seconds, 0) / epochs.length;
    const cells = [
      `${seed}`,
      `${bestEpoch + 1}`,
      test.accuracy.toFixed(4),
      test.balancedAccuracy.toFixed(4),
      seconds.toFixed(1),
    ];
    print(program.padEnd(10) + cells.map((cell) => cell.padStart(12)).join(""));
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      dataset: { type: "string" },
      landmarks: { type: "string" },
      seeds: { type: "string", default: "64" },
      epochs: { type: "string" },
      out: { type: "string", default: join("out", "reference") },
      threads: { type: "string", default: `${navigator.hardwareConcurrency}` },
      backend: { type: "string", default: "wasm" },
    },
  });
  const { dataset: root, landmarks, seeds, epochs, out } = values;
  if (!root || !landmarks) {
    return print("SKIPPED: deno task bench reference -- --dataset DIR --landmarks FILE");
  }
  const python = await findPython("torch");
  if (python === null) return print("SKIPPED: no python3 has torch here");
  const dataset = await openDataset(root);
  const records = () => joinAll(landmarks, dataset.records());
  const runs: ReferenceRun[] = [];
  const configs = seeds.split(",").map((seed) =>
    trainConfig("lite", {
      ...{ seed: Number(seed), segmentationWeight: 0 },
      ...(epochs !== undefined && { epochs: Number(epochs) }),
    })
  );
  const faces = await gather(records, configs[0]!);
  for (const config of configs) {
    runs.push(await trainOurs(records, config, values.backend as BackendName));
    runs.push(await trainTorch(python, faces, config, Number(values.threads)));
  }
  await writeFile(join(out, "reference.csv"), csvOf(runs));
  await writeFile(join(out, "reference.svg"), drawCurves(runs));
  report(runs, faces);
  print(`${join(out, "reference.csv")}, ${join(out, "reference.svg")}`);
}

/** Faces that the landmarks file does not have go on without: the test split needs none. */
async function* joinAll(
  landmarks: string,
  records: AsyncIterable<FaceRecord>,
): AsyncGenerator<FaceRecord> {
  for await (const record of joinLandmarks(landmarks)(records)) {
    yield record.points === null ? { ...record, rejected: null } : record;
  }
}

await main();
Deno.exit();
