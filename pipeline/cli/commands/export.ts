import { command, flag, optional, required } from "../command.ts";
import { UsageError } from "../failure.ts";
import { given } from "../given.ts";
import { choice, file, folder, folderToWrite, integer, SIZE } from "../kinds.ts";
import { FOLLOW_LINKS } from "../stages/dataset_options.ts";
import { THREADED } from "../stages/placing.ts";
import { EXPORT_FORMATS } from "../../export/formats.ts";

export const EXPORT = command({
  name: "export",
  needs: ["read", "write"],
  summary: "Write a trained network for other programs, or a data set for other trainers",
  details:
    "Of a run: onnx: model.onnx of opset 17, for a batch of any size; it takes `image` and gives `logits` " +
    "and `maps`. pytorch: weights.safetensors in PyTorch's layout, and attparsenet.py, a module that loads " +
    "them and needs nothing but torch. safetensors: the weights alone. tfjs: the model as the run has it. " +
    "web: a page for any browser that shows the attributes of a photo, and where they appear; it needs a " +
    "file server, and sends nothing anywhere. " +
    "Beside them card.json and README.md say what goes in, what comes out, and how well it was measured " +
    "by evaluate.\n" +
    "Of a data set: webdataset: tar files of one split each with image, labels, points and region bits of " +
    "every face, and shards.json. The same line goes on after an interruption, and makes only what is " +
    "missing or out of date.",
  options: {
    format: required(choice(...EXPORT_FORMATS, "webdataset"), "for which programs"),
    run: optional(folder("RUN"), "folder of a trained run"),
    layout: optional(
      choice("nchw", "nhwc"),
      "where onnx has the channels of images and maps (nchw)",
    ),
    keepBatchNorm: flag(
      "leave the normalisations in onnx as they are, outside of the convolutions",
    ),
    dataset: optional(folder(), "folder of the data set, for webdataset as all that follows"),
    landmarks: optional(file(), "landmarks file of the data set"),
    labels: optional(file(), "label file instead of the data set's own"),
    followLinks: FOLLOW_LINKS,
    maskSize: optional(SIZE, "size of the region bits (54x44, that of the preset residual)"),
    shards: optional(integer(1), "tar files, of all splits together (one for 2048 faces)"),
    ...THREADED,
    out: required(folderToWrite(), "folder for the files"),
  },
  examples: [
    ["--run runs/first --format onnx --out exports/first", "a file for ONNX Runtime"],
    ["--run runs/first --format pytorch --out exports/first", "a module, and its weights"],
    ["--run runs/first --format web --out exports/page", "a page, for any file server"],
    [
      "--dataset celeba --landmarks celeba.csv --format webdataset --shards 128 --out shards",
      "for trainers on many cards",
    ],
  ],
  async run({ run, format, layout, keepBatchNorm, out, ...values }, context) {
    if (format !== "onnx" && (layout !== undefined || keepBatchNorm)) {
      throw new UsageError("--layout and --keep-batch-norm need --format onnx");
    }
    const { dataset, landmarks, labels, followLinks, maskSize, shards, threads, seed } = values;
    if (format === "webdataset") {
      if (dataset === undefined || landmarks === undefined || run !== undefined) {
        throw new UsageError(
          "--format webdataset needs --dataset DIR and --landmarks FILE, and takes no run",
        );
      }
      const { runShards } = await import("../stages/exporting_shards.ts");
      const faces = { dataset, landmarks, labels, followLinks, seed };
      return await runShards({ ...faces, maskSize, shards, threads, out }, context);
    }
    if (run === undefined) throw new UsageError(`--format ${format} needs --run RUN`);
    const ofDataset = given({ dataset, landmarks, labels, maskSize, shards, threads });
    if (Object.keys(ofDataset).length > 0 || followLinks) {
      throw new UsageError(`--format ${format} is of a run, and takes no options of a data set`);
    }
    const { exportModel } = await import("../../export.ts");
    const files = await exportModel({ run, format, keepBatchNorm, ...given({ layout }), out });
    for (const path of files) context.terminal.say(path);
    return { files };
  },
});
