/** One split of an evaluation: every face through the network, measured and noted. */

import { resolve } from "node:path";
import { type FaceCount, FaceCounter } from "../face/face_count.ts";
import { type Face, type InputSize, loadFaces } from "../face/faces.ts";
import type { ReadsPictures } from "../image/reading/picture_reader.ts";
import type { Metrics, SeenFaces } from "../metrics/metrics.ts";
import { PredictionCollector, type Predictions } from "../metrics/predictions.ts";
import type { FaceRecord, Split } from "../face/record.ts";
import type { Place } from "./extremes.ts";
import type { Sample } from "./samples.ts";
import type { Learner } from "../compute/learner.ts";
import { type FaceRegions, LANDMARK_TRUTH, type MaskTruth } from "../train/mask_truth.ts";
import { measure, type MeasureOptions } from "../train/measure.ts";
import type { EvaluateOptions } from "./options.ts";
import { takeSamples } from "./sample_faces.ts";
import { openPacked } from "../pack.ts";
import { type KnownFaces, SeenCounter } from "./seen_faces.ts";

/** What the splits of one evaluation have in common. */
interface EvaluationJob {
  readonly learner: Learner;
  readonly reader: ReadsPictures;
  readonly options: EvaluateOptions;
  readonly sizes: { readonly input: InputSize; readonly mask: InputSize };
  /** The mean mask of the faces that it was trained on. */
  readonly prior: Float32Array | null;
  /** What the masks are held against. */
  readonly truth: MaskTruth;
  readonly batch: number;
  /** The attributes that the network has learnt. */
  readonly learnt: readonly string[];
  /** Which faces the run knows. */
  readonly known: KnownFaces;
  /** Images done, over all splits. */
  done: number;
}

/** Which faces are measured, and what for. */
interface Purpose {
  readonly split: Split;
  /** Thresholds are chosen by the attributes alone: no masks are drawn. */
  readonly stage: "evaluation" | "thresholds";
}

/** One split as the network sees it. */
interface MeasuredSplit {
  readonly metrics: Metrics;
  readonly predictions: Predictions;
  readonly samples: readonly Sample[];
  /** Where the image of each prediction lies. */
  readonly places: readonly Place[];
  /** What became of the faces, and of those among them whose masks are measured. */
  readonly counts: readonly FaceCount[];
  /** How many of the measured ones the run knew. */
  readonly seen: SeenFaces | null;
}

/** Measures the faces of one split; others are passed over. */
export async function measureSplit(
  job: EvaluationJob,
  source: AsyncIterable<FaceRecord>,
  { split, stage }: Purpose,
): Promise<MeasuredSplit> {
  const { learner, options, sizes, batch, learnt, prior } = job;
  const truth = stage === "evaluation" ? job.truth : LANDMARK_TRUTH;
  const { signal, onProgress, onReject, onDamaged } = options;
  const collector = new PredictionCollector();
  const samples: Sample[] = [];
  const places: Place[] = [];
  const seen = new SeenCounter(job.known);
  const counters = [new FaceCounter(stage), new FaceCounter("masks")] as const;
  const onBatch: MeasureOptions["onBatch"] = ({ faces }, { logits, maps }, masks) => {
    const images = faces.map(({ record }) => record.image);
    collector.add({ images, labels: faces.map(({ labels }) => labels), logits, ...masks });
    places.push(
      ...faces.map(({ record: { path, size } }) => ({ path: resolve(path), size: size! })),
    );
    const { regions } = masks;
    takeSamples(samples, faces, { logits, maps }, { regions, sets: truth.sets }, sizes.mask);
    countMasks(faces, regions, counters[1]);
    for (const face of faces) seen.add(face);
    onProgress?.(job.done += faces.length, null);
  };
  const reject = (record: FaceRecord, reason: string) => {
    counters[0].leave(record.image, reason);
    onReject?.(record, reason);
  };
  const chosen = chooseRecords(source, { split, stage }, counters[0]);
  await using pictures = await openPictures(chosen, job);
  const { reader } = pictures;
  const faces = loadFaces(pictures.records, sizes.input, reject, { onDamaged, reader });
  const settings = { split, batch, learnt, ...sizes, prior, truth, signal, onBatch };
  const { metrics } = await measure(learner, faces, settings);
  const counts = counters.map(({ count }) => count);
  const predictions = collector.result(split, learnt);
  return { metrics, predictions, samples, places, counts, seen: seen.count };
}

/** The records, and what reads their images: a pack if there is one, for which all must be known. */
async function openPictures(
  source: AsyncIterable<FaceRecord>,
  { options: { pack: wish, signal, log = () => {} }, sizes, reader }: EvaluationJob,
) {
  const none = { records: source, reader, [Symbol.asyncDispose]: () => Promise.resolve() };
  if (typeof wish !== "object") return none;
  const pictures = await Array.fromAsync(source);
  const records = ReadableStream.from(pictures);
  const shared = { size: sizes.input, isMade: false, reader, log, signal };
  const packed = pictures.length === 0 ? null : await openPacked({ ...shared, wish, pictures });
  if (packed === null) return { ...none, records };
  const close = () => packed[Symbol.asyncDispose]();
  return { records, reader: packed, [Symbol.asyncDispose]: close };
}

async function* chooseRecords(
  records: AsyncIterable<FaceRecord>,
  { split, stage }: Purpose,
  counter: FaceCounter,
) {
  for await (const record of records) {
    if (record.split !== split) continue;
    counter.come();
    if (record.rejected !== null) counter.leave(record.image, record.rejected);
    else yield stage === "thresholds" ? { ...record, points: null } : record;
  }
}

function countMasks(
  faces: readonly Face[],
  regions: readonly FaceRegions[],
  counter: FaceCounter,
): void {
  for (const [index, { record }] of faces.entries()) {
    const known = regions[index]!;
    counter.come();
    if (typeof known === "string") counter.leave(record.image, known);
  }
}
