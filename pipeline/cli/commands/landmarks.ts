import { command, defaulted, optional, required } from "../command.ts";
import { choice, file, folder, SHARD } from "../kinds.ts";

/** `landmarks`: the 68 points of every face. */
export const LANDMARKS = command({
  name: "landmarks",
  summary: "Find the 68 landmarks of every face",
  details: "Every image ends in FILE.csv, or in FILE.rejected.ndjson with the reason.\n" +
    "With --out -, records go to stdout, one JSON object a line, for segments --landmarks -.",
  options: {
    dataset: optional(folder(), "folder of the data set"),
    images: optional(folder(), "folder of images without labels, instead of a data set"),
    labels: optional(file(), "label file instead of the data set's own"),
    out: required(file("FILE.csv"), "landmarks file to write, or - for records on stdout"),
    detector: defaulted(choice("auto", "tiny", "ssd"), "auto", "how faces are found"),
    shard: optional(SHARD, "take only the i-th of n parts of the images"),
  },
  examples: [
    ["--dataset data/sample --out runs/landmarks.csv", "a data set"],
    ["--images photos --out photos.csv", "a folder of images"],
    ["--dataset celeba --shard 2/8 --out part-2.csv", "the second of eight parts"],
    ["--dataset data/sample --out - | deno task segments --landmarks - …", "straight on"],
  ],
  // deno-lint-ignore require-await
  async run() {
    throw new Error("not wired");
  },
});
