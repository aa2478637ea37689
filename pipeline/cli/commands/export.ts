import { command, required } from "../command.ts";
import { choice, folder, folderToWrite } from "../kinds.ts";
import { EXPORT_FORMATS } from "../../export/formats.ts";

export const EXPORT = command({
  name: "export",
  needs: ["read", "write"],
  summary: "Write a trained network for other programs",
  details:
    "pytorch: weights.safetensors in PyTorch's layout, and attparsenet.py, a module that loads " +
    "them and needs nothing but torch. safetensors: the weights alone. tfjs: the model as the run has it. " +
    "Beside them card.json and README.md say what goes in, what comes out, and how well it was measured " +
    "by evaluate.",
  options: {
    run: required(folder("RUN"), "folder of a trained run"),
    format: required(choice(...EXPORT_FORMATS), "for which programs"),
    out: required(folderToWrite(), "folder for the files"),
  },
  examples: [
    ["--run runs/first --format pytorch --out exports/first", "a module, and its weights"],
  ],
  async run({ run, format, out }, { terminal }) {
    const { exportModel } = await import("../../export.ts");
    const files = await exportModel({ run, format, out });
    for (const path of files) terminal.say(path);
    return { files };
  },
});
