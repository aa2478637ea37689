/**
 * The export stage: a trained run in, its network in a form that other programs load out; or a data set in,
 * shards for other trainers out.
 *
 * @module
 */

import { join } from "node:path";
import { writeFile } from "./files/write_file.ts";
import type { ExportFormat } from "./export/formats.ts";
import { readCard, writeCardOf } from "./train/card/card_files.ts";
import { readStoredModel } from "./train/files/model_folder.ts";
import { encodeOnnxModel, type OnnxOptions } from "./export/onnx.ts";
import { encodeTorchWeights } from "./export/torch_weights.ts";
import torchModule from "./export/attparsenet.py" with { type: "text" };

export type { OnnxOptions } from "./export/onnx.ts";
export {
  type ExportedShards,
  exportShards,
  type ExportShardsOptions,
} from "./export/shards/export_shards.ts";
export type { ShardEntry } from "./export/shards/shard_index.ts";
export { EXPORT_FORMATS, type ExportFormat } from "./export/formats.ts";

/** Options of {@linkcode exportModel}. */
export interface ExportModelOptions extends OnnxOptions {
  /** Folder of a trained run. */
  readonly run: string;
  /**
   * `onnx`: `model.onnx` of opset 17, for a batch of any size. `pytorch`: `weights.safetensors` in PyTorch's layout, and `attparsenet.py`, which loads them.
   * `safetensors`: the weights alone. `tfjs`: the model's own files. `web`: a page for any
   * browser, with the model's own files.
   */
  readonly format: ExportFormat;
  /** Folder for the files. */
  readonly out: string;
}

/**
 * Writes a trained network for other programs, with its card: `card.json` and `README.md`.
 *
 * @example A network of one step, for PyTorch
 * ```ts
 * import { exportModel, joinLandmarks, openBackend, openDataset, train, trainConfig } from "@attparsenet/attparsenet";
 *
 * const dataset = await openDataset("data/sample");
 * const few = dataset.records({ split: "train", shard: { index: 1, count: 90 } });
 * const records = joinLandmarks("data/sample/Anno/list_landmarks_68.csv")(few);
 * const run = await Deno.makeTempDir();
 * using backend = await openBackend("wasm");
 * await train({ records, config: trainConfig("lite", { epochs: 1, batch: 4 }), backend, out: run });
 *
 * const out = await Deno.makeTempDir();
 * console.log(await exportModel({ run, format: "pytorch", out })); // weights.safetensors, …
 * for (const folder of [run, out]) await Deno.remove(folder, { recursive: true });
 * ```
 *
 * @returns The paths of the files.
 * @throws {Error} If the folder is no run, or has no model yet, or the page cannot be bundled.
 * @throws {SyntaxError} If a file of it is damaged, with its path.
 * @throws {WriteError} If a file cannot be written.
 */
export async function exportModel(options: ExportModelOptions): Promise<string[]> {
  const { run, format, out } = options;
  const card = await readCard(run);
  const model = await readStoredModel(run);
  const files: Record<string, Uint8Array | string> = {};
  if (format === "web") {
    const { pageFiles } = await import("./export/web/bundle_page.ts");
    Object.assign(files, await pageFiles());
  }
  if (format === "tfjs" || format === "web") {
    for (const name of ["model.json", "weights.bin"]) {
      files[name] = await Deno.readFile(join(run, "model", name));
    }
  } else if (format === "onnx") {
    files["model.onnx"] = encodeOnnxModel(model, card, options);
  } else {
    files["weights.safetensors"] = encodeTorchWeights(model, card);
    if (format === "pytorch") files["attparsenet.py"] = torchModule;
  }
  for (const [name, content] of Object.entries(files)) await writeFile(join(out, name), content);
  const cards = await writeCardOf(out, card);
  return [...Object.keys(files).map((name) => join(out, name)), ...cards];
}
