import { join, resolve } from "node:path";
import { startBackendFor } from "../stages/starting.ts";
import { command, defaulted, flag, optional, required } from "../command.ts";
import { DAMAGED, FOLLOW_LINKS, openShown } from "../stages/dataset_options.ts";
import { datasetCounts } from "../stages/face_counts.ts";
import { UsageError } from "../failure.ts";
import { choice, file, folder, integer } from "../kinds.ts";
import { given } from "../given.ts";
import { addLandmarks } from "../stages/landmarking.ts";
import { THREADED } from "../stages/placing.ts";
import { meansOf, runEvaluation } from "../stages/evaluating.ts";
import { metricsText } from "../text/metrics.ts";
import { occlusionText } from "../text/occlusion.ts";

export const EVALUATE = command({
  name: "evaluate",
  needs: ["read", "write", "gpu", "cache"],
  summary: "Measure a trained run on one split of a data set",
  details:
    "Prints a table (with --json, the means) and writes all measures to RUN/metrics.json, and RUN/predictions.safetensors for compare. " +
    "A threshold for each attribute is chosen on the validation split, unless that is the one to be " +
    "measured.\nMeasuring masks needs landmarks: without " +
    "--landmarks, those that the run was trained with are taken if it was the same data set. With --masks, " +
    "the truth is hand-made masks of parts, against which the masks of landmarks are measured too; the file of " +
    "--mask-parts has lines such as Big_Lips: u_lip l_lip.\n" +
    "--occlude needs landmarks: it greys out each attribute's region, and as many pixels elsewhere on the face, and tells " +
    "how far each moves the attribute's logit (RUN/occlusion.json). It takes up to 36 images a face; " +
    "an evaluation without it removes the file.",
  options: {
    run: required(folder("RUN"), "folder of a trained run"),
    dataset: required(folder(), "folder of the data set"),
    split: defaulted(choice("train", "validation", "test"), "test", "split to measure"),
    landmarks: optional(file(), "landmarks file of the data set"),
    labels: optional(file(), "label file instead of the data set's own"),
    followLinks: FOLLOW_LINKS,
    damaged: DAMAGED,
    masks: optional(folder(), "CelebAMask-HQ's masks, to measure where against"),
    maskParts: optional(file(), "the parts of each attribute, with --masks"),
    occlude: flag("see whether the network looks where its maps say"),
    occludeFaces: optional(integer(1), "faces to occlude at most, with --occlude (300)"),
    ...THREADED,
    pack: optional(file(), "pack of the data set's faces, which then need not be decoded"),
  },
  examples: [
    ["--run runs/first --dataset celeba", "the test split"],
    ["--run runs/first --dataset celeba --landmarks celeba.csv --json", "another data set"],
    ["--run runs/first --dataset celeba --occlude", "does it look there?"],
    ["--run runs/hq --dataset CelebAMask-HQ --masks CelebAMask-HQ", "hand-made masks"],
  ],
  async run({ run, split, ...values }, context) {
    const { terminal, signal } = context;
    const { occlude, occludeFaces, masks, maskParts } = values;
    if (occludeFaces !== undefined && !occlude) {
      throw new UsageError("--occlude-faces needs --occlude");
    }
    if (maskParts !== undefined && masks === undefined) {
      throw new UsageError("--mask-parts needs --masks");
    }
    const parts = maskParts === undefined ? undefined : await readParts(maskParts);
    const dataset = await openShown(values.dataset, values, context);
    datasetCounts(dataset, terminal);
    const landmarks = values.landmarks ?? await ownLandmarks(run, values.dataset);
    if (landmarks === null && occlude) {
      throw new UsageError(
        "--occlude needs --landmarks FILE: the run was trained with none of this data set",
      );
    }
    const faces = dataset.records({ split, signal });
    const records = landmarks === null ? faces : addLandmarks(landmarks, signal)(faces);
    if (landmarks === null) {
      const unmeasured = masks === undefined ? "masks" : "masks that are drawn from them";
      terminal.note(`No landmarks are known: ${unmeasured} are not measured`);
    }
    using backend = await startBackendFor(run, values, terminal);
    const validation = dataset.records({ split: "validation", signal });
    const job = {
      ...{ run, records, split, validation, backend, dataset },
      ...{ workers: values.threads },
      ...(values.pack !== undefined && { pack: { file: values.pack } }),
      ...(masks !== undefined && { masks: { folder: masks, ...given({ parts }) } }),
      ...(occlude && { occlude: given({ faces: occludeFaces }) }),
    };
    const metrics = await runEvaluation(job, { terminal, signal });
    terminal.say(metricsText(metrics, terminal.columns));
    if (metrics.occlusion) terminal.say(occlusionText(metrics.occlusion));
    return { ...meansOf(metrics), file: join(run, "metrics.json") };
  },
});

async function readParts(path: string) {
  const { readPartTable } = await import("../../parts/part_table.ts");
  return await readPartTable(path);
}

/** The landmarks file that a run was trained with, if it was trained on this data set. */
async function ownLandmarks(run: string, dataset: string): Promise<string | null> {
  const { readRunConfig } = await import("../../train/files/run_folder.ts");
  const { data } = await readRunConfig(run);
  const isSame = data?.dataset === resolve(dataset);
  return isSame && typeof data.landmarks === "string" ? data.landmarks : null;
}
