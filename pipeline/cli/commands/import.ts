import { command, flag, optional, required } from "../command.ts";
import { UsageError } from "../failure.ts";
import { given } from "../given.ts";
import { choice, file, folderToWrite } from "../kinds.ts";
import { PRESETS } from "../../network/presets.ts";
import type { PresetName } from "../../network/settings.ts";

export const IMPORT = command({
  name: "import",
  needs: ["read", "write"],
  summary: "Make a run of weights from PyTorch or ONNX, or a data set of parquet files",
  details:
    "Of weights: the run can be evaluated, predicted with and trained from (train --from). The file is one of " +
    "export, of attparsenet.save in Python, or any .safetensors with the names of the module that export " +
    "writes, which for the presets paper and lite are those of the reference's class.\n" +
    "Of a folder of parquet files, as the Hugging Face hub has CelebA: their images, as they are, and their " +
    "labels and splits as a data set for --dataset. The same line goes on after an interruption.",
  options: {
    from: required(file(), "weights: .safetensors, or an .onnx of export; or a folder of .parquet"),
    preset: optional(
      choice(...Object.keys(PRESETS) as PresetName[]),
      "network that they are of, where the file does not say",
    ),
    range: optional(
      choice("signed", "unit"),
      "images that they are for, where the file does not say: -1 to 1, or 0 to 1 as the reference's",
    ),
    out: required(folderToWrite(), "folder of the run, or of the data set"),
    force: flag("replace the run in --out"),
  },
  examples: [
    ["--from weights.safetensors --out runs/back", "what export has written, or attparsenet.save"],
    [
      "--from reference.safetensors --preset paper --range unit --out runs/reference",
      "weights of the reference",
    ],
    ["--from hub/celeba --out celeba", "a data set of the Hugging Face hub"],
  ],
  async run({ from, preset, range, out, force }, context) {
    if (await Deno.stat(from).then(({ isDirectory }) => isDirectory, () => false)) {
      if (preset !== undefined || range !== undefined || force) {
        throw new UsageError(
          "--preset, --range and --force are for weights, and --from is a folder",
        );
      }
      const { runParquet } = await import("../stages/importing_parquet.ts");
      return await runParquet(from, out, context);
    }
    const { importModel } = await import("../../import.ts");
    const imported = await importModel({ from, out, force, ...given({ preset, range }) });
    context.terminal.say(`Run: ${out} (preset ${imported.preset})`);
    return { run: out, ...imported };
  },
});
