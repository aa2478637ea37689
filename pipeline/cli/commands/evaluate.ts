import { command, defaulted, optional, required } from "../command.ts";
import { choice, file, folder } from "../kinds.ts";

/** `evaluate`: the measures of a trained run on one split. */
export const EVALUATE = command({
  name: "evaluate",
  summary: "Measure a trained run on one split of a data set",
  details: "Prints a table and writes RUN/metrics.json.",
  options: {
    run: required(folder("RUN"), "folder of a trained run"),
    dataset: required(folder(), "folder of the data set"),
    landmarks: optional(file(), "landmarks of the data set, for mask IoU"),
    labels: optional(file(), "label file instead of the data set's own"),
    split: defaulted(choice("train", "validation", "test"), "test", "split to measure"),
  },
  examples: [["--run runs/first --dataset data/sample", "the test split of the sample"]],
  // deno-lint-ignore require-await
  async run() {
    throw new Error("not wired");
  },
});
