/**
 * The import stage: weights of PyTorch or ONNX in, a run out that can be evaluated, predicted with and
 * trained from; and parquet files in, a data set out.
 *
 * @module
 */

import { basename } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import program from "../deno.json" with { type: "json" };
import { openBackend } from "./compute/backend.ts";
import { ATTRIBUTES } from "./face/attributes.ts";
import { inverseOf, permute, torchModule, torchWeight } from "./export/torch_layout.ts";
import { absorbBias, fromUnitRange, type NormedConvolution } from "./import/fit_weights.ts";
import {
  type ForeignTensor,
  type ForeignWeights,
  networkIn,
  readForeignWeights,
} from "./import/foreign_weights.ts";
import {
  buildNetwork,
  convLayers,
  convolutionShapes,
  maskSize,
  normLayers,
} from "./network/network.ts";
import type { NetworkConfig } from "./network/network.ts";
import { presetConfig, PRESETS } from "./network/presets.ts";
import { flatten, type PresetName, type TrainConfig } from "./network/settings.ts";
import { writeCard } from "./train/card/card_files.ts";
import { writeModel } from "./train/files/model_folder.ts";
import { RunFolder, writeRunConfig } from "./train/files/run_folder.ts";

export {
  type ImportedDataset,
  importParquet,
  type ImportParquetOptions,
} from "./import/parquet/import_parquet.ts";

/** Of images that a network takes: `signed` is −1 to 1, as ours; `unit` is 0 to 1, as the reference's. */
export type ImageRange = "signed" | "unit";

/** Options of {@linkcode importModel}. */
export interface ImportModelOptions {
  /** A file: `.safetensors`, by the names of `attparsenet.py` or of the reference's class; or an `.onnx` of ours. */
  readonly from: string;
  /** The preset whose network the weights are of; by default what the file says. */
  readonly preset?: PresetName;
  /** What images the weights are for; by default what the file says. */
  readonly range?: ImageRange;
  /** The run folder to write. */
  readonly out: string;
  /** Replaces the run in `out`. */
  readonly force?: boolean;
}

/**
 * Makes a run of weights from elsewhere. Of it nothing is known but the weights: there is no log and no
 * checkpoint, and the card says so.
 *
 * @returns The network's preset.
 * @throws {Error} If a weight is missing, too many, or of another shape, which the message names; if neither
 * file nor options say of which network they are, or for which images; if the run folder exists.
 * @throws {SyntaxError} If the file is damaged; the message names it.
 */
export async function importModel(options: ImportModelOptions): Promise<{ preset: PresetName }> {
  const { from, out, force = false } = options;
  const weights = await readForeignWeights(from);
  const config = configFor(weights, options);
  checkSize(weights, config, from);
  using _ = await openBackend("wasm");
  const network = buildNetwork(config.network, config.seed);
  try {
    assignWeights(network, weights, config, options);
    await using _ = await RunFolder.open(out, { force });
    await writeRunConfig(out, {
      ...config,
      mask: maskSize(config.network),
      backend: "wasm",
      created: new Date().toISOString(),
      versions: { attparsenet: program.version },
      data: { imported: basename(from) },
    });
    await writeCard(out, null);
    await writeModel(out, network);
  } finally {
    network.dispose();
  }
  return { preset: config.preset };
}

/** The settings of a run with the network that the weights are of. */
function configFor(weights: ForeignWeights, { from, preset }: ImportModelOptions): TrainConfig {
  const { texts } = weights;
  const told = texts.preset ?? "";
  const attributes = texts.learnt?.split(",") ?? ATTRIBUTES;
  const network = preset === undefined ? networkIn(weights, from) : null;
  try {
    if (preset !== undefined) return presetConfig(preset, { attributes });
    if (network !== null && Object.hasOwn(PRESETS, told)) {
      return presetConfig(told as PresetName, { ...flatten({ network }), attributes });
    }
  } catch (cause) {
    throw new SyntaxError(`Cannot import ${from}: ${(cause as Error).message}`, { cause });
  }
  throw new Error(`Cannot import ${from}: it does not say of which network it is; give --preset`);
}

/** Refuses a network that is larger than its weights, before any memory is asked for. */
function checkSize(
  { tensors }: ForeignWeights,
  { network, preset }: TrainConfig,
  from: string,
): void {
  const { height, width } = maskSize({ ...network, maskHead: "shared" });
  const dense = height * width * ATTRIBUTES.length ** 2;
  const least = convolutionShapes(network).reduce(
    (sum, { kernelHeight, kernelWidth, channels, filters }) =>
      sum + kernelHeight * kernelWidth * channels * filters,
    dense,
  );
  const there = Object.values(tensors).reduce((sum, { data }) => sum + data.length, 0);
  if (there >= least) return;
  throw new Error(
    `Cannot import ${from}: it has ${there} numbers, and the preset ${preset} needs ${least} or more`,
  );
}

/** Gives a network the weights of a file, every one. */
function assignWeights(
  network: LayersModel,
  weights: ForeignWeights,
  { network: sizes, preset }: TrainConfig,
  options: ImportModelOptions,
): void {
  const fail = (reason: string) => {
    throw new Error(`Cannot import ${options.from}: ${reason}`);
  };
  const left = fittedTensors(network, weights, sizes, options);
  for (const weight of network.weights) {
    const place = torchWeight(
      { name: weight.originalName, shape: weight.shape as number[] },
      sizes,
    );
    if (place === null) continue;
    const { name, shape, own, axes } = place;
    const tensor = left[name];
    if (!tensor) return fail(`it has no ${name}, which the preset ${preset} needs`);
    if (String(tensor.shape) !== String(shape)) {
      return fail(
        `its ${name} is [${tensor.shape}], and that of the preset ${preset} is [${shape}]`,
      );
    }
    const data = permute(tensor.data, axes.map((axis) => own[axis]!), inverseOf(axes));
    tf.tidy(() => (weight.read() as tf.Variable).assign(tf.tensor(data, weight.shape as number[])));
    delete left[name];
  }
  const [extra] = Object.keys(left);
  if (extra !== undefined) fail(`it has ${extra}, and the preset ${preset} has not`);
}

/** The tensors of a file as `attparsenet.py` would have them for images from −1 to 1. */
function fittedTensors(
  network: LayersModel,
  { tensors, texts }: ForeignWeights,
  sizes: NetworkConfig,
  { from, range = RANGES[texts.range ?? ""] }: ImportModelOptions,
): Record<string, ForeignTensor> {
  if (range === undefined) {
    throw new Error(
      `Cannot import ${from}: it does not say for which images it is; ` +
        "give --range signed (-1 to 1) or unit (0 to 1, the reference's)",
    );
  }
  const fitted = { ...tensors };
  const convolutions = normedConvolutions(network).map(({ convolution, norm }) => (
    { convolution: torchModule(convolution, sizes), norm: torchModule(norm, sizes) }
  ));
  if (range === "unit") fromUnitRange(fitted, convolutions[0]!.convolution);
  for (const convolution of convolutions) absorbBias(fitted, convolution);
  return fitted;
}

const RANGES: Readonly<Record<string, ImageRange>> = { "-1,1": "signed", "0,1": "unit" };

/** The convolutions with a normalisation behind them, by our names, first to last. */
function normedConvolutions(network: LayersModel): NormedConvolution[] {
  const convolutions = new Set(convLayers(network));
  return normLayers(network).flatMap(({ norm }) => {
    const [before] = norm.inboundNodes.flatMap(({ inboundLayers }) => inboundLayers);
    return before && convolutions.has(before)
      ? [{ convolution: before.name, norm: norm.name }]
      : [];
  });
}
