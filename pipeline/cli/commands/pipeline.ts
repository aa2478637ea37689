import { join, resolve } from "node:path";
import { command, type Context, optional, type Values } from "../command.ts";
import type { CommonValues } from "../command.ts";
import { DAMAGED, FOLLOW_LINKS, openShown } from "../stages/dataset_options.ts";
import { file, folder, folderToWrite } from "../kinds.ts";
import { datasetCounts } from "../stages/face_counts.ts";
import {
  type FacesWithLandmarks,
  facesWithLandmarks,
  type LandmarkingResult,
  landmarkSettings,
  runLandmarkingInto,
} from "../stages/landmarking.ts";
import { PACK, packWish } from "../stages/packing.ts";
import { PLACING, readPlacing, THREADED, UPRIGHT } from "../stages/placing.ts";
import { meansOf, runEvaluation } from "../stages/evaluating.ts";
import { type Place, takePlace } from "../stages/run_place.ts";
import { metricsText } from "../text/metrics.ts";
import { startBackend } from "../stages/starting.ts";
import { runSegments } from "../stages/segmenting.ts";
import { runTraining, TRAINING, trainingConfig } from "../stages/training.ts";
import type { Backend } from "../../compute/backend.ts";
import type { Dataset } from "../../dataset.ts";
import type { FaceCount } from "../../face/face_count.ts";
import { FRAME } from "../../face/frame.ts";
import type { Evaluated } from "../../evaluate.ts";
import type { TrainConfig } from "../../network/settings.ts";
import { type FaceRecord, SPLITS } from "../../face/record.ts";

const OPTIONS = {
  dataset: optional(folder(), "folder of the data set (default: the shipped sample)"),
  labels: optional(file(), "label file instead of the data set's own"),
  followLinks: FOLLOW_LINKS,
  damaged: DAMAGED,
  landmarks: optional(file(), "landmarks file, instead of looking for faces"),
  ...PLACING,
  ...UPRIGHT,
  ...THREADED,
  ...PACK,
  ...TRAINING,
  out: optional(folderToWrite("RUN"), "folder of the run (default: runs/ and the time)"),
};

type PipelineValues = Values<typeof OPTIONS> & CommonValues;

export const PIPELINE = command({
  name: "pipeline",
  needs: ["read", "write", "gpu", "cache", "disk"],
  summary: "Everything: landmarks, segments, training, evaluation, report",
  details: "Without options it takes the shipped sample and a new folder under runs/.\n" +
    "The folder holds what the stages write: landmarks.csv, segments/coverage.csv, config.json, " +
    "log.ndjson, checkpoints/, model/, metrics.json, report.html.\n" +
    "Faces without landmarks are left out of the training, counted by reason; where more are than " +
    "--allow-missing (0.05: one in twenty), nothing is trained, and --resume with a larger one goes on.",
  options: OPTIONS,
  examples: [
    ["", "the shipped sample"],
    ["--dataset ~/celeba --preset paper --out runs/celeba", "CelebA with the paper's network"],
    ["--out runs/celeba --resume", "go on after an interruption"],
  ],
  async run(values, context) {
    const config = await trainingConfig(values);
    if (values.printConfig) return await context.terminal.record(JSON.stringify(config, null, 2));
    const { sampleFolder } = await import("../stages/shipped_sample.ts");
    const { requireRecords } = await import("../../train/faces/choose_faces.ts");
    const { terminal, signal } = context;
    const root = values.dataset ?? await sampleFolder();
    const dataset = await openShown(root, { ...values, seed: config.seed }, context);
    const joins = datasetCounts(dataset, terminal);
    const known = await readKnown(values.landmarks, dataset, context);
    // Before a run is replaced.
    if (known && !values.resume) {
      await requireRecords({ records: ReadableStream.from(known.faces), config, signal });
    }
    using backend = await startBackend(values, terminal, config);
    const place = await takePlace(values, context);
    await using _ = place.folder;
    terminal.note(`data set ${dataset.root}: ${dataset.count} faces`);
    const { faces, count, result: landmarks } = known === null
      ? await findFaces(dataset, values, place, context)
      : { ...known, result: null };
    const segments = await drawSegments(faces, config, values.backend, place, context);
    const data = { dataset, counts: [...joins, count, segments.count] };
    const training = await trainOn(faces, data, backend, config, values, place, context);
    const metrics = await measure(faces, dataset, backend, { ...values, ...place }, context);
    const { report } = await import("../../report.ts");
    const shown = [dataset.root, ...(values.followLinks ? [dataset.files.images] : [])];
    const path = await report({ run: place.out, images: shown });
    terminal.say(`${metricsText(metrics, terminal.columns)}\n\nReport: ${path}`);
    return {
      run: place.out,
      report: path,
      landmarks,
      segments,
      training,
      metrics: meansOf(metrics),
    };
  },
});

/** The faces of the data set with the landmarks of a file, or null if there is none. */
async function readKnown(
  path: string | undefined,
  dataset: Dataset,
  context: Context,
): Promise<FacesWithLandmarks | null> {
  if (path === undefined) return null;
  const { addSizes } = await import("../../face/image_sizes.ts");
  const { terminal, signal } = context;
  terminal.note(`landmarks are taken from ${path}`);
  const { faces, count } = await facesWithLandmarks(path, dataset, context);
  // Coverage is counted in pixels of the aligned frame, to which points are brought by their image's size.
  const sized = await Array.fromAsync(addSizes({ signal })(ReadableStream.from(faces)));
  return { faces: sized, count };
}

/** Looks for the faces of the data set, unless the run that goes on has found them already. */
async function findFaces(
  dataset: Dataset,
  values: PipelineValues,
  { landmarks: out }: Place,
  context: Context,
): Promise<FacesWithLandmarks & { result: LandmarkingResult | null }> {
  const { labels, followLinks, damaged, resume } = values;
  const { exists } = await import("../../files/write_file.ts");
  const { unfinishedPath } = await import("../../landmarks/files/landmark_journal.ts");
  // Beside unfinished work, landmarks are those of an older run that this one replaces.
  if (resume && await exists(out) && !await exists(unfinishedPath(out))) {
    return { ...(await readKnown(out, dataset, context))!, result: null };
  }
  const placing = await readPlacing(values, context);
  const records = dataset.records({ signal: context.signal });
  const faces: FaceRecord[] = [];
  const job = { ...placing, records, total: dataset.count, dataset: dataset.root };
  const settings = landmarkSettings(
    { dataset: dataset.root, labels, followLinks, damaged },
    placing,
  );
  const file = { out, settings, restart: !resume };
  const result = await runLandmarkingInto(file, job, context, (record) => void faces.push(record));
  return { faces, count: result.count, result };
}

/** Measures the masks at the size at which the network learns them. Training draws them anew. */
async function drawSegments(
  faces: readonly FaceRecord[],
  config: TrainConfig,
  backend: PipelineValues["backend"],
  { out }: Place,
  context: Context,
) {
  const { maskSize } = await import("../../network/network.ts");
  const mask = maskSize(config.network);
  const records = ReadableStream.from(faces);
  const job = { records, frame: FRAME, mask, format: "none" as const, backend };
  return await runSegments({ ...job, out: join(out, "segments") }, context);
}

async function trainOn(
  faces: readonly FaceRecord[],
  { dataset, counts }: { readonly dataset: Dataset; readonly counts: readonly FaceCount[] },
  backend: Backend,
  config: TrainConfig,
  { labels, damaged, verbose, pack, threads: workers }: PipelineValues,
  { out, landmarks, resume }: Place,
  context: Context,
) {
  const data = {
    dataset: resolve(dataset.root),
    landmarks: resolve(landmarks),
    ...(labels !== undefined && { labels: resolve(labels) }),
    ...(damaged === "use" && { damaged }),
  };
  const records = ReadableStream.from(faces);
  const job = { records, counts, out, held: true, backend, config, resume, data, verbose };
  return await runTraining({ ...job, pack: packWish(pack), workers }, context);
}

/** Measures the test split, or what a small data set has in place of it. */
async function measure(
  faces: readonly FaceRecord[],
  dataset: Dataset,
  backend: Backend,
  { out, pack, threads: workers }: Place & Pick<PipelineValues, "pack" | "threads">,
  context: Context,
): Promise<Evaluated> {
  const split = SPLITS.toReversed().find((split) => dataset.counts[split] > 0) ?? "test";
  // Attributes are predicted from the image alone, so that a face without landmarks counts as well.
  const all = faces.map((face) => {
    const { rejected = null } = dataset.record(face.image) ?? {};
    return face.points === null ? { ...face, rejected } : face;
  });
  const records = ReadableStream.from(all);
  const validation = ReadableStream.from(all);
  const job = { run: out, records, split, validation, backend, dataset };
  return await runEvaluation({ ...job, pack: packWish(pack), workers }, context);
}
