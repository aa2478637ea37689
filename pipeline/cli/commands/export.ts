import { command, flag, optional, required } from "../command.ts";
import { UsageError } from "../failure.ts";
import { given } from "../given.ts";
import { choice, folder, folderToWrite } from "../kinds.ts";
import { EXPORT_FORMATS } from "../../export/formats.ts";

export const EXPORT = command({
  name: "export",
  needs: ["read", "write"],
  summary: "Write a trained network for other programs",
  details:
    "onnx: model.onnx of opset 17, for a batch of any size; it takes `image` and gives `logits` " +
    "and `maps`. pytorch: weights.safetensors in PyTorch's layout, and attparsenet.py, a module that loads " +
    "them and needs nothing but torch. safetensors: the weights alone. tfjs: the model as the run has it. " +
    "Beside them card.json and README.md say what goes in, what comes out, and how well it was measured " +
    "by evaluate.",
  options: {
    run: required(folder("RUN"), "folder of a trained run"),
    format: required(choice(...EXPORT_FORMATS), "for which programs"),
    layout: optional(
      choice("nchw", "nhwc"),
      "where onnx has the channels of images and maps (nchw)",
    ),
    keepBatchNorm: flag(
      "leave the normalisations in onnx as they are, outside of the convolutions",
    ),
    out: required(folderToWrite(), "folder for the files"),
  },
  examples: [
    ["--run runs/first --format onnx --out exports/first", "a file for ONNX Runtime"],
    ["--run runs/first --format pytorch --out exports/first", "a module, and its weights"],
  ],
  async run({ run, format, layout, keepBatchNorm, out }, { terminal }) {
    if (format !== "onnx" && (layout !== undefined || keepBatchNorm)) {
      throw new UsageError("--layout and --keep-batch-norm need --format onnx");
    }
    const { exportModel } = await import("../../export.ts");
    const files = await exportModel({ run, format, keepBatchNorm, ...given({ layout }), out });
    for (const path of files) terminal.say(path);
    return { files };
  },
});
