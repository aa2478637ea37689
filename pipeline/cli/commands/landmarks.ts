import {
  command,
  type CommonValues,
  type Context,
  flag,
  optional,
  required,
  type Values,
} from "../command.ts";
import { UsageError } from "../failure.ts";
import { file, folder, SHARD } from "../kinds.ts";
import {
  addLandmarks,
  DETECTOR,
  type LandmarkingJob,
  landmarkSettings,
  runLandmarking,
  runLandmarkingInto,
} from "../landmarking.ts";
import type { FaceRecord, Stage } from "../../record.ts";
import type { Terminal } from "../terminal.ts";

const OPTIONS = {
  dataset: optional(folder(), "folder of the data set"),
  images: optional(folder(), "folder of images without labels, instead of a data set"),
  labels: optional(file(), "label file instead of the data set's own"),
  out: required(file("FILE.csv"), "landmarks file to write, or - for records on stdout"),
  ...DETECTOR,
  import: optional(file(), "landmarks file: only faces that it lacks are looked for"),
  shard: optional(SHARD, "take only the i-th of n parts of the images"),
  restart: flag("start anew, instead of going on with what was interrupted"),
};

/** `landmarks`: the 68 points of every face. */
export const LANDMARKS = command({
  name: "landmarks",
  summary: "Find the 68 landmarks of every face",
  details: "Every image ends in FILE.csv, or in FILE.rejected.ndjson with the reason.\n" +
    "Until the file is finished, FILE.unfinished.ndjson keeps what has been found: after an " +
    "interruption, the same command goes on where it stopped.\n" +
    "With --out -, records go to stdout, one JSON object a line, and what --json prints to stderr.",
  options: OPTIONS,
  examples: [
    ["--dataset data/sample --out landmarks.csv", "a data set"],
    ["--images photos --out photos.csv", "a folder of images"],
    ["--dataset celeba --shard 2/8 --out part-2.csv", "the second of eight parts"],
    ["--dataset data/sample --out - | deno task segments --landmarks - …", "straight on"],
  ],
  async run(values, context) {
    const { out, detector, restart } = values;
    const { terminal, signal } = context;
    const source = await openSource(values, context);
    const known = values.import;
    const records = known === undefined
      ? source.records
      : addLandmarks(known, signal)(source.records);
    const job = { ...source, records, detector };
    if (out === "-") {
      const write = await toStdout(terminal);
      return { ...await runLandmarking({ ...job, write }, context), out };
    }
    const same = `The same command${restart ? " without --restart" : ""}`;
    context.onInterrupt(`${same} goes on where it stopped.`);
    const settings = landmarkSettings(values);
    const result = await runLandmarkingInto({ out, settings, restart }, job, context);
    terminal.say(`Landmarks: ${out}`);
    return { ...result, out };
  },
});

/** The images to look at, and how many they are. */
async function openSource(
  { dataset: root, images, labels, seed, shard }: Values<typeof OPTIONS> & CommonValues,
  { signal }: Context,
): Promise<Pick<LandmarkingJob, "records" | "total" | "dataset">> {
  const { imagesIn, openDataset, shardRange } = await import("../../dataset.ts");
  if ((root === undefined) === (images === undefined)) {
    throw new UsageError("Either --dataset DIR or --images DIR is needed");
  }
  if (images !== undefined) {
    // The folder is listed as a whole before the first image in any case.
    const records = await Array.fromAsync(imagesIn(images, { shard, signal }));
    return { records: ReadableStream.from(records), total: records.length, dataset: null };
  }
  const dataset = await openDataset(root as string, { labels, seed, signal });
  const [from, to] = shardRange(dataset.count, shard);
  return { records: dataset.records({ shard, signal }), total: to - from, dataset: dataset.root };
}

/** Writes records as NDJSON to stdout. */
async function toStdout(terminal: Terminal): Promise<Stage<FaceRecord, FaceRecord>> {
  const { toJson } = await import("../../record_json.ts");
  terminal.takeStdout();
  return async function* (source) {
    for await (const record of source) {
      terminal.record(toJson(record));
      yield record;
    }
  };
}
