import { command, defaulted, flag, optional, required } from "../command.ts";
import { choice, file, folder, integer, number } from "../kinds.ts";

/** Options of training that `pipeline` has too. */
export const TRAINING = {
  preset: defaulted(choice("lite", "paper"), "lite", "network: narrow and small, or the paper's"),
  epochs: optional(integer(1), "passes over the training split"),
  batch: optional(integer(1), "images a step"),
  lr: optional(number({ positive: true }), "learning rate of the first epoch"),
  segmentationWeight: optional(number({ positive: false }), "weight of the mask loss"),
  resume: flag("go on from the last checkpoint of the run"),
  force: flag("replace the run if its folder exists"),
};

/** `train`: a network from a data set and its landmarks. */
export const TRAIN = command({
  name: "train",
  summary: "Train the network",
  details: "Writes RUN/config.json, RUN/log.ndjson, RUN/checkpoints/ and RUN/model/.",
  options: {
    dataset: required(folder(), "folder of the data set"),
    landmarks: required(file(), "landmarks file of its images"),
    labels: optional(file(), "label file instead of the data set's own"),
    ...TRAINING,
    out: required(folder("RUN"), "folder of the run"),
  },
  examples: [
    ["--dataset data/sample --landmarks landmarks.csv --out runs/first", "with the defaults"],
    ["--dataset data/sample --landmarks landmarks.csv --out runs/first --resume", "go on"],
  ],
  // deno-lint-ignore require-await
  async run() {
    throw new Error("not wired");
  },
});
