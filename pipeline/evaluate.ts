/**
 * The evaluation stage: a trained run and labelled faces in, the metrics of one split out.
 *
 * @module
 */

import { join } from "node:path";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { ATTRIBUTES } from "./attributes.ts";
import type { Backend } from "./backend.ts";
import { writeJson } from "./files.ts";
import { type InputSize, loadFaces, type OnReject } from "./faces.ts";
import type { Metrics } from "./metrics.ts";
import type { FaceRecord, Split } from "./record.ts";
import { encodeSample, type Sample } from "./report/samples.ts";
import { Learner } from "./train/learner.ts";
import { measure, type MeasureOptions } from "./train/measure.ts";
import { readModel, readRunConfig } from "./train/run_folder.ts";

/** Options of {@linkcode evaluate}. */
export interface EvaluateOptions {
  /** Folder of a trained run. */
  readonly run: string;
  /** Labelled faces; those of other splits are passed over. Points are needed for the mask IoU only. */
  readonly records: AsyncIterable<FaceRecord>;
  /** The split to measure. */
  readonly split: Split;
  /** What computes; borrowed. */
  readonly backend: Backend;
  /** Images a forward pass; the run's own by default. Does not change the result. */
  readonly batch?: number;
  /** Stops after the batch at hand. */
  readonly signal?: AbortSignal;
  /** Called after each batch with the images done. */
  readonly onProgress?: (done: number, total: number | null) => void;
  /** Hears of faces that are left out. */
  readonly onReject?: OnReject;
}

/** Faces that the report shows. */
const SAMPLE_FACES = 12;

/**
 * Measures a trained network on one split; writes `RUN/metrics.json`, and `RUN/samples.json` with a few
 * faces and their masks for the report.
 *
 * @throws {Error} If the run has no model, or the split has no faces that can be read.
 */
export async function evaluate(options: EvaluateOptions): Promise<Metrics> {
  const { run, split, backend, signal, onProgress } = options;
  const config = await readRunConfig(run);
  const network = await readModel(run);
  const { input, mask } = networkSizes(network);
  const samples: Sample[] = [];
  let done = 0;
  const onBatch: MeasureOptions["onBatch"] = (batch, { logits, maps }, bits) => {
    const cells = mask.height * mask.width;
    const A = ATTRIBUTES.length;
    for (const [index, face] of batch.faces.entries()) {
      if (samples.length >= SAMPLE_FACES) break;
      if (!face.polygons || !face.record.size) continue;
      const { image, path, size } = face.record;
      samples.push(encodeSample({
        image,
        path,
        size,
        labels: face.labels,
        probabilities: logits.subarray(index * A, (index + 1) * A).map(sigmoid),
        mask,
        maps: maps.subarray(index * cells * A, (index + 1) * cells * A),
        bits: bits.subarray(index * cells, (index + 1) * cells),
      }));
    }
    onProgress?.(done += batch.faces.length, null);
  };
  try {
    using learner = new Learner(backend, network, config);
    const records = onlySplit(options.records, split);
    const faces = loadFaces(records, input, options.onReject ?? (() => {}));
    const batch = options.batch ?? config.batch;
    const { metrics } = await measure(learner, faces, {
      split,
      batch,
      input,
      mask,
      signal,
      onBatch,
    });
    if (metrics.images === 0) {
      throw new Error(`There is nothing to evaluate: the split ${split} has no readable faces`);
    }
    await writeJson(join(run, "metrics.json"), metrics);
    await writeJson(join(run, "samples.json"), samples);
    return metrics;
  } finally {
    network.dispose();
  }
}

/** Probability of a logit. */
export function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}

/** Sizes of a loaded network's input and masks. */
export function networkSizes(network: LayersModel): { input: InputSize; mask: InputSize } {
  const [, inputHeight, inputWidth] = network.inputs[0]!.shape as number[];
  const [, height, width] = network.outputs[1]!.shape as number[];
  return {
    input: { height: inputHeight!, width: inputWidth! },
    mask: { height: height!, width: width! },
  };
}

async function* onlySplit(records: AsyncIterable<FaceRecord>, split: Split) {
  for await (const record of records) if (record.split === split) yield record;
}
