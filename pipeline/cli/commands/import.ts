import { command, flag, optional, required } from "../command.ts";
import { given } from "../given.ts";
import { choice, file, folderToWrite } from "../kinds.ts";
import { PRESETS } from "../../network/presets.ts";
import type { PresetName } from "../../network/settings.ts";

export const IMPORT = command({
  name: "import",
  needs: ["read", "write"],
  summary: "Make a run of weights from PyTorch or ONNX",
  details:
    "The run can be evaluated, predicted with and trained from (train --from). The file is one of " +
    "export, of attparsenet.save in Python, or any .safetensors with the names of the module that export " +
    "writes, which for the presets paper and lite are those of the reference's class.",
  options: {
    from: required(file(), "weights: .safetensors, or an .onnx of export"),
    preset: optional(
      choice(...Object.keys(PRESETS) as PresetName[]),
      "network that they are of, where the file does not say",
    ),
    range: optional(
      choice("signed", "unit"),
      "images that they are for, where the file does not say: -1 to 1, or 0 to 1 as the reference's",
    ),
    out: required(folderToWrite("RUN"), "folder of the run"),
    force: flag("replace the run in --out"),
  },
  examples: [
    ["--from weights.safetensors --out runs/back", "what export has written, or attparsenet.save"],
    [
      "--from reference.safetensors --preset paper --range unit --out runs/reference",
      "weights of the reference",
    ],
  ],
  async run({ from, preset, range, out, force }, { terminal }) {
    const { importModel } = await import("../../import.ts");
    const imported = await importModel({ from, out, force, ...given({ preset, range }) });
    terminal.say(`Run: ${out} (preset ${imported.preset})`);
    return { run: out, ...imported };
  },
});
