import type { Prediction } from "../../predict.ts";
import type { LikelyAttribute } from "../../predict/most_likely.ts";
import { startBackendFor } from "../stages/starting.ts";
import { command, type Context, flag, optional, required } from "../command.ts";
import { DAMAGED } from "../stages/dataset_options.ts";
import { UsageError } from "../failure.ts";
import { given } from "../given.ts";
import { fileToWrite, folder, folderToWrite, integer, type Kind } from "../kinds.ts";
import { readPlacing, THREADED, UPRIGHT } from "../stages/placing.ts";
import { pairsText } from "../terminal/table.ts";
import { inert, jsonLine } from "../../files/quoted.ts";
import type { Terminal } from "../terminal/terminal.ts";

/** A probability, or the word for those that `evaluate` has chosen. */
const THRESHOLD: Kind<number | "tuned"> = {
  placeholder: "X|tuned",
  completion: ["tuned"],
  parse(text) {
    if (text === "tuned") return text;
    const value = text.trim() === "" ? NaN : Number(text);
    if (value >= 0 && value <= 1) return value;
    throw new RangeError("expected a probability from 0 to 1, or tuned");
  },
};

/** The main face is looked for by all means there are. */
const LOOKING = { detector: "auto", predictor: "auto", dlibModel: undefined } as const;

export const PREDICT = command({
  name: "predict",
  needs: ["read", "write", "gpu", "cache"],
  summary: "Print the probabilities of the 40 attributes for images, one JSON object a line",
  details:
    "IMAGE is a file, a folder, a quoted pattern such as 'photos/**/*.jpg', or - for paths on stdin, " +
    "one a line.\n" +
    "The network expects faces framed as those it was trained on: for CelebA 178x218 pixels, upright, " +
    "the eyes level and half way down. For any other photograph, --align finds the main face and cuts " +
    "it out that way.\n" +
    "An image that cannot be used has a line with the reason, and the others go on; the exit code is 1 " +
    "if none could be used.\n" +
    "With --maps, NAME_where.png shows where the network sees the predicted attributes and the four " +
    "likeliest others, and NAME_Attribute.png each predicted one at the image's size.\n" +
    "A csv has image_name and 40 probabilities; images without an answer go to FILE.rejected.ndjson.",
  operands: [{
    name: "image",
    help: "image files, folders, patterns, or -",
    completion: "file",
    list: true,
  }],
  options: {
    run: required(folder("RUN"), "folder of a trained run"),
    align: flag("find the face in each image and cut it out as in CelebA's aligned images"),
    damaged: DAMAGED,
    threshold: optional(
      THRESHOLD,
      "what a predicted attribute's probability is above: one number (0.5 if left out), or for each " +
        "attribute the one that evaluate has chosen on the validation split",
    ),
    top: optional(
      integer(1, "K"),
      "the K likeliest attributes: as a table on a terminal, else as a field of each line",
    ),
    out: optional(
      fileToWrite([".ndjson", ".csv"], { placeholder: "FILE.ndjson|FILE.csv" }),
      "file to write, in place of stdout",
    ),
    maps: optional(folderToWrite(), "folder for heat maps"),
    ...UPRIGHT,
    ...THREADED,
  },
  examples: [
    ["--run runs/first face.jpg --top 5", "one image"],
    ["--run runs/first photos --align --maps heat", "photographs of people, with heat maps"],
    ["--run runs/first photos --out photos.csv", "a folder, for a spreadsheet"],
    ["--run runs/first 'photos/**/*.jpg' --threshold tuned | jq .attributes", "with a pattern"],
    ["--run runs/first - < paths.txt | jq .probabilities.Smiling", "with a list of paths"],
  ],
  async run({ run, align, threshold, top, out, ...values }, context, images) {
    const { isCsv } = await import("../../predict/prediction_file.ts");
    if (out !== undefined && isCsv(out) && (top ?? threshold) !== undefined) {
      throw new UsageError("A csv has all probabilities: --top and --threshold are for .ndjson");
    }
    const { predict } = await import("../../predict.ts");
    const { findImages } = await import("../../image/find_images.ts");
    const { readTunedThresholds, sameThreshold } = await import("../../predict/thresholds.ts");
    const { terminal, signal } = context;
    const thresholds = threshold === "tuned"
      ? await readTunedThresholds(run)
      : sameThreshold(threshold);
    const { maps, threads, uprightOnly } = values;
    const looking = { ...LOOKING, backend: values.backend, threads, uprightOnly };
    const placing = align ? await readPlacing(looking, context) : undefined;
    using backend = await startBackendFor(run, values, terminal);
    const stdin = images.includes("-") ? Deno.stdin.readable : undefined;
    const found = findImages(images, { ...given({ stdin }), signal });
    const predictions = predict({
      ...given({ align: placing, maps }),
      ...{ run, images: found, thresholds, backend, signal },
      useDamaged: values.damaged === "use",
      workers: threads,
    });
    const result = out === undefined
      ? await show(predictions, top, context)
      : { ...await write(predictions, top, { out, run }, context), out };
    if (result.images > 0 && result.rejected === result.images) {
      throw new Error(`None of ${result.images} images could be used`);
    }
    return result;
  },
});

/** How many images there were, and how many have no answer. */
interface Counts {
  readonly images: number;
  readonly rejected: number;
}

type Shown = Prediction & { readonly top?: readonly LikelyAttribute[] };

/** Prints each prediction as it comes. */
async function show(
  predictions: AsyncIterable<Prediction>,
  top: number | undefined,
  { terminal, signal }: Context,
): Promise<Counts> {
  const asTable = top !== undefined && terminal.isWatched;
  return await counted(predictions, top, terminal, (prediction) => {
    const line = asTable ? inert(predictionText(prediction)) : jsonLine(prediction);
    return terminal.record(line, signal);
  });
}

/** Writes all predictions into a file, and says why images have none. */
async function write(
  predictions: AsyncIterable<Prediction>,
  top: number | undefined,
  { out, run }: { readonly out: string; readonly run: string },
  { terminal }: Context,
): Promise<Counts> {
  const { PredictionFile } = await import("../../predict/prediction_file.ts");
  const { learntAttributes } = await import("../../predict/learnt_attributes.ts");
  await using file = await PredictionFile.open(out, await learntAttributes(run));
  const left = terminal.lister("images have no answer");
  const counts = await counted(predictions, top, terminal, async (prediction) => {
    await file.write(prediction);
    if ("rejected" in prediction) left.add(`${prediction.image}: ${prediction.rejected}`);
  });
  await file.commit();
  left.end();
  terminal.say(`Predictions: ${out}`);
  return counts;
}

/** Hands each prediction on with what --top asks for, shows progress, and counts. */
async function counted(
  predictions: AsyncIterable<Prediction>,
  top: number | undefined,
  terminal: Terminal,
  each: (prediction: Shown) => void | Promise<void>,
): Promise<Counts> {
  const { mostLikely } = await import("../../predict/most_likely.ts");
  const onProgress = terminal.progress("predict", "images");
  let [images, rejected] = [0, 0];
  for await (const prediction of predictions) {
    if ("rejected" in prediction) rejected++;
    const isPlain = top === undefined || "rejected" in prediction;
    await each(
      isPlain ? prediction : { ...prediction, top: mostLikely(prediction.probabilities, top) },
    );
    onProgress(++images, null);
  }
  terminal.finish();
  if (rejected > 0) terminal.note(`${rejected} of ${images} images have no answer`);
  return { images, rejected };
}

/** A prediction for a person: a small table under the image's path. */
function predictionText(prediction: Shown): string {
  const { image, top = [] } = prediction;
  const table = "rejected" in prediction
    ? prediction.rejected
    : pairsText(top.map(({ name, probability }) => [name, probability.toFixed(2)]));
  return `${image}\n${table.replaceAll(/^/gm, "  ")}\n`;
}
