import { resolve } from "node:path";
import { startBackend } from "../starting.ts";
import { command, optional, required } from "../command.ts";
import { file, folder } from "../kinds.ts";
import { runTraining, TRAINING } from "../training.ts";

/** `train`: a network from a data set and its landmarks. */
export const TRAIN = command({
  name: "train",
  summary: "Train the network",
  details:
    "Writes RUN/config.json, RUN/log.ndjson (a line a step and an epoch), RUN/checkpoints/ " +
    "and RUN/model/.",
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
  async run(values, context) {
    const { openDataset } = await import("../../dataset.ts");
    const { joinLandmarks } = await import("../../landmarks.ts");
    const { dataset: root, landmarks, labels, out, seed } = values;
    const { terminal, signal } = context;
    const dataset = await openDataset(root, { labels, seed, signal });
    // Read before anything is written, so that a wrong file costs nothing, with --force neither.
    const faces = joinLandmarks(landmarks, { signal })(dataset.records({ signal }));
    const records = ReadableStream.from(await Array.fromAsync(faces));
    using backend = await startBackend(values.backend, terminal);
    context.onInterrupt(`Go on with: ${context.again("--resume")}`);
    const data = {
      dataset: resolve(root),
      landmarks: resolve(landmarks),
      ...(labels !== undefined && { labels: resolve(labels) }),
    };
    const result = await runTraining({ records, out, backend, values, data }, context);
    terminal.say(`Run: ${out} (best epoch: ${result.bestEpoch + 1})`);
    return result;
  },
});
