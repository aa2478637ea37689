/**
 * The training stage: faces with labels and landmarks in, a run folder with a trained network out.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";
import program from "../deno.json" with { type: "json" };
import { type Backend, failureOf, selectBackend, useHalfPrecision } from "./compute/backend.ts";
import { tuneKernels } from "./compute/kernel_choices.ts";
import { activations, buildNetwork, maskSize } from "./network/network.ts";
import { setMaskPrior } from "./network/mask_prior.ts";
import type { TrainConfig } from "./network/settings.ts";
import { checkSameFaces, checkSameSettings, facesBefore } from "./train/resume.ts";
import { fingerprintOf } from "./train/faces/fingerprint.ts";
import { writeFaceList } from "./train/faces/face_list.ts";
import { gatherFaces } from "./train/faces/gather_faces.ts";
import { keepImages } from "./train/faces/keep_images.ts";
import { RunPictures } from "./train/faces/run_pictures.ts";
import { Learner } from "./compute/learner.ts";
import { classWeights, EVEN_CLASSES } from "./compute/loss_targets.ts";
import {
  readRunConfig,
  type RunConfig,
  RunFolder,
  writeRunConfig,
} from "./train/files/run_folder.ts";
import { Session } from "./train/session.ts";
import type { FaceSets } from "./train/faces/choose_faces.ts";
import type { TrainOptions, TrainResult } from "./train/options.ts";
import { startFrom } from "./train/start_weights.ts";

export type { TrainOptions, TrainResult } from "./train/options.ts";

/**
 * Trains a network.
 *
 * Writes `config.json`, `log.ndjson` (which faces are used, then a line a step and an epoch), `checkpoints/` (the state to resume from:
 * after each epoch, and within one from time to time) and `model/` (the weights with the smallest attribute
 * loss on the validation split so far). A run that was stopped, in whatever way, and resumed on the same
 * backend ends with the very numbers of one that was not.
 *
 * @example One step on four faces
 * ```ts
 * import { joinLandmarks, openBackend, openDataset, train, trainConfig } from "@attparsenet/attparsenet";
 *
 * const dataset = await openDataset("data/sample");
 * const few = dataset.records({ split: "train", shard: { index: 1, count: 90 } });
 * const records = joinLandmarks("data/sample/Anno/list_landmarks_68.csv")(few);
 * const config = trainConfig("lite", { epochs: 1, batch: 4 });
 * const out = await Deno.makeTempDir();
 * using backend = await openBackend("wasm");
 * const { last } = await train({ records, config, backend, out });
 * console.log(last?.train.loss);
 * await Deno.remove(out, { recursive: true });
 * ```
 *
 * @throws {Error} If the run folder exists and is not to be replaced or resumed, or another process trains in
 * it; if a run is resumed with other settings or faces; if there are no faces to train on, or more are missing
 * than the settings allow; if a loss is not finite.
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const { config, backend, out, resume, log } = options;
  checkFits(config, backend);
  if (config.f16) useHalfPrecision(backend);
  await using _ = options.held ? null : await RunFolder.open(out, options);
  const before = resume ? await readRunConfig(out) : null;
  if (before) checkSameSettings(before, options);
  const list = before && await facesBefore(before, options);
  await using pictures = new RunPictures(options);
  const faces = await gatherFaces(options, list, pictures);
  if (before && !list) checkSameFaces(before, [...faces.train, ...faces.validation]);
  for (const count of faces.counts) options.onCount?.(count);
  const run = runConfig(options, faces, before);
  const steps = config.epochs * Math.ceil(faces.train.length / config.batch);
  await tuneKernels(backend, { ...config, steps, log, onProgress: options.onTuning });
  await selectBackend(backend);
  const network = buildNetwork(config.network, config.seed);
  try {
    if (faces.prior) setMaskPrior(network, faces.prior);
    if (config.from !== null) await startFrom(network, config.from);
    const classes = config.classBalance || config.maskBalance
      ? classWeights(faces.train.map(({ labels }) => labels))
      : EVEN_CLASSES;
    using learner = new Learner(backend, network, config, classes);
    const { network: { input }, deviceImages } = config;
    const source = { input, pixelsOf: pictures.fromPack };
    const resident = await keepImages(
      learner,
      faces.train,
      source,
      deviceImages,
      log ?? (() => {}),
    );
    if (resident) pictures.leaveOut(resident);
    const session = new Session(options, learner, faces, pictures);
    if (resume) await session.restore();
    await writeRunConfig(out, run);
    // Later, so that a run which is killed in between goes on like one of an older version.
    if (!list) await writeFaceList(out, [...faces.train, ...faces.validation]);
    options.onStart?.(session.imagesDone);
    return await session.run();
  } catch (error) {
    throw await failureOf(backend, error);
  } finally {
    network.dispose();
  }
}

/** Says which batch fits where a buffer of a step is larger than the adapter can have or bind. */
function checkFits({ network, batch, preset }: TrainConfig, { gpu }: Backend): void {
  if (!gpu) return;
  const maps = activations(network).map((count) => 4 * count);
  const needs = [
    { bytes: Math.max(...maps), limit: gpu.device.limits.maxBufferSize },
    // Our own kernels take a batch by parts; where tfjs adds the masks' two gradients, it binds them whole.
    { bytes: maps.at(-1)!, limit: gpu.bindingLimit },
  ];
  for (const { bytes, limit } of needs) {
    if (batch * bytes <= limit) continue;
    const most = Math.min(...needs.map(({ bytes, limit }) => Math.floor(limit / bytes)));
    throw new RangeError(
      `The preset ${preset} with batch ${batch} needs buffers of ${
        mebibytes(batch * bytes)
      } MiB, and this adapter takes ${mebibytes(limit)} MiB: try --batch ${most}`,
    );
  }
}

function mebibytes(bytes: number): number {
  return Math.ceil(bytes / 2 ** 20);
}

function runConfig(options: TrainOptions, faces: FaceSets, before: RunConfig | null): RunConfig {
  const { config, backend, data = {} } = options;
  const all = [...faces.train, ...faces.validation];
  return {
    ...config,
    mask: maskSize(config.network),
    backend: backend.name,
    created: before?.created ?? new Date().toISOString(),
    versions: { attparsenet: program.version, deno: Deno.version.deno, tfjs: tf.version_core },
    data: { ...data, train: faces.train.length, validation: faces.validation.length },
    fingerprint: before?.fingerprint ?? fingerprintOf(all),
  };
}
