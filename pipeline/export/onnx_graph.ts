/** The layers of a network as a graph of ONNX operators, which know NCHW alone. */

import { PRIOR } from "../network/layer_stack.ts";
import type { NetworkConfig } from "../network/network.ts";
import type { Layer, ModelFile } from "../train/files/model_file.ts";
import type { StoredTensor } from "../files/safetensors.ts";
import type { OnnxNode } from "./onnx_file.ts";
import { foldNorm, type Norm } from "./fold_norm.ts";
import { torchModule } from "./torch_layout.ts";
import type { TorchWeights } from "./torch_weights.ts";

interface GraphOptions {
  readonly network: NetworkConfig;
  readonly weights: TorchWeights;
  /** Whether a normalisation behind a convolution goes into its filters. */
  readonly foldNorms: boolean;
}

/** Nodes from first to last, and the constants that they read. */
interface Graph {
  readonly nodes: OnnxNode[];
  readonly constants: Record<string, StoredTensor | readonly number[]>;
}

/** The graph of a network; what each layer makes has the layer's name. */
export function onnxGraph(
  { modelTopology: { config: { layers } } }: ModelFile,
  options: GraphOptions,
): Graph {
  const builder = new GraphBuilder(options, layers);
  for (const layer of layers) builder.add(layer);
  return builder;
}

class GraphBuilder implements Graph {
  readonly nodes: OnnxNode[] = [];
  readonly constants: Graph["constants"] = {};
  readonly #options: GraphOptions;
  readonly #layers: ReadonlyMap<string, Layer>;
  /** What a layer makes is called, where it has no node of its own. */
  readonly #names = new Map<string, string>();
  /** Convolutions that a normalisation takes over. */
  readonly #folded: ReadonlySet<string>;

  constructor(options: GraphOptions, layers: readonly Layer[]) {
    this.#options = options;
    this.#layers = new Map(layers.map((layer) => [layer.name, layer]));
    const folded = options.foldNorms
      ? layers.filter((layer) => layer.class_name === "BatchNormalization")
        .map((layer) => inputsOf(layer)[0]!)
        .filter((name) => this.#layers.get(name)?.class_name === "Conv2D")
      : [];
    this.#folded = new Set(folded);
  }

  /** Adds a layer; all before it have been added. */
  add(layer: Layer): void {
    const { name, class_name: kind } = layer;
    const inputs = this.#made(layer);
    if (kind === "InputLayer" || this.#folded.has(name)) return;
    // The prior is added to the maps as they are.
    if (name === PRIOR) this.#node("Add", name, [...inputs, this.#weight(name)]);
    else if ([`flatten_${PRIOR}`, `${PRIOR}_maps`].includes(name)) {
      this.#names.set(name, inputs[0]!);
    } else this.#operator(layer, inputs);
  }

  /** What comes into a layer. */
  #made(layer: Layer): string[] {
    return inputsOf(layer).map((from) => this.#names.get(from) ?? from);
  }

  #operator(layer: Layer, inputs: readonly string[]): void {
    const { name, class_name: kind, config } = layer;
    switch (kind) {
      case "Conv2D":
        return this.#node("Conv", name, [...inputs, ...this.#filters(name)]);
      case "Conv2DTranspose": {
        const attributes = { kernel_shape: [2, 2], strides: [2, 2] };
        return this.#node("ConvTranspose", name, [...inputs, ...this.#filters(name)], attributes);
      }
      case "BatchNormalization":
        return this.#norm(layer, inputs);
      case "ReLU":
        return this.#node("Relu", name, inputs);
      case "MaxPooling2D":
        return this.#node("MaxPool", name, inputs, { kernel_shape: [2, 2], strides: [2, 2] });
      case "Cropping2D": {
        const [[top, bottom], [left, right]] = config.cropping as number[][] as Sides;
        const ranges = { starts: [top, left], ends: [-bottom, -right], axes: [2, 3] };
        return this.#node("Slice", name, [...inputs, ...this.#numbers(name, ranges)]);
      }
      case "ZeroPadding2D": {
        const [[top, bottom], [left, right]] = config.padding as number[][] as Sides;
        const pads = [0, 0, top, left, 0, 0, bottom, right];
        return this.#node("Pad", name, [...inputs, ...this.#numbers(name, { pads })]);
      }
      case "Activation":
        return this.#node("Sigmoid", name, inputs);
      case "Add":
        return this.#node("Add", name, inputs);
      case "Flatten":
        return this.#node("Flatten", name, inputs, { axis: 1 });
      case "Dense":
        return this.#node("Gemm", name, [...inputs, ...this.#filters(name)], { transB: 1 });
      default:
        throw new TypeError(`ONNX has no operator for the layer ${name}, a ${kind}`);
    }
  }

  #node(
    op: string,
    output: string,
    inputs: readonly string[],
    attributes?: OnnxNode["attributes"],
  ): void {
    this.nodes.push({ op, output, inputs, ...(attributes && { attributes }) });
  }

  /** Adds whole numbers that a node of this name reads; returns their names. */
  #numbers(name: string, lists: Readonly<Record<string, readonly number[]>>): string[] {
    return Object.entries(lists).map(([part, list]) => {
      this.constants[`${name}/${part}`] = list;
      return `${name}/${part}`;
    });
  }

  /** Adds a weight by its name in PyTorch; returns that. */
  #weight(layer: string, part = ""): string {
    const name = torchModule(layer, this.#options.network) + part;
    this.constants[name] = this.#options.weights[name]!;
    return name;
  }

  /** The filters of a layer, and their bias if there is one. */
  #filters(layer: string): string[] {
    const bias = torchModule(layer, this.#options.network) + ".bias";
    const parts = bias in this.#options.weights ? [".weight", ".bias"] : [".weight"];
    return parts.map((part) => this.#weight(layer, part));
  }

  #norm(layer: Layer, inputs: readonly string[]): void {
    const { network, weights } = this.#options;
    const { name, config } = layer;
    const epsilon = config.epsilon as number;
    const [convolution = ""] = inputsOf(layer);
    if (!this.#folded.has(convolution)) {
      const parts = [".weight", ".bias", ".running_mean", ".running_var"];
      const read = parts.map((part) => this.#weight(name, part));
      return this.#node("BatchNormalization", name, [...inputs, ...read], { epsilon });
    }
    const [own, module] = [torchModule(convolution, network), torchModule(name, network)];
    const norm = { epsilon, ...normOf(weights, module) };
    const { filters, bias } = foldNorm(weights[`${own}.weight`]!, weights[`${own}.bias`], norm);
    Object.assign(this.constants, { [`${own}.weight`]: filters, [`${own}.bias`]: bias });
    const from = this.#made(this.#layers.get(convolution)!);
    this.#node("Conv", name, [...from, `${own}.weight`, `${own}.bias`]);
  }
}

type Sides = [[number, number], [number, number]];

function normOf(weights: TorchWeights, module: string): Omit<Norm, "epsilon"> {
  const numbers = (part: string) => weights[`${module}.${part}`]!.data as Float32Array;
  return {
    scale: numbers("weight"),
    shift: numbers("bias"),
    mean: numbers("running_mean"),
    variance: numbers("running_var"),
  };
}

function inputsOf({ inbound_nodes: nodes }: Layer): string[] {
  return nodes.flat().map(([from]) => from);
}
