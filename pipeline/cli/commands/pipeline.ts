import { command, defaulted, optional } from "../command.ts";
import { choice, file, folder } from "../kinds.ts";
import { TRAINING } from "../training.ts";

/** `pipeline`: everything, from a folder of faces to a report. */
export const PIPELINE = command({
  name: "pipeline",
  summary: "Everything: landmarks, training, evaluation, report",
  details: "Without options it takes the shipped sample and a new folder under runs/.",
  options: {
    dataset: optional(folder(), "folder of the data set (default: the shipped sample)"),
    labels: optional(file(), "label file instead of the data set's own"),
    landmarks: optional(file(), "landmarks file, instead of detecting them"),
    detector: defaulted(choice("auto", "tiny", "ssd"), "auto", "how faces are found"),
    ...TRAINING,
    out: optional(folder("RUN"), "folder of the run (default: runs/ and the time)"),
  },
  examples: [
    ["", "the shipped sample"],
    ["--dataset ~/celeba --preset paper --out runs/celeba", "CelebA with the paper's network"],
    ["--out runs/celeba --resume", "go on after an interruption"],
  ],
  // deno-lint-ignore require-await
  async run() {
    throw new Error("not wired");
  },
});
