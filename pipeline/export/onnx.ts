/** A network as an ONNX file. */

import type { ModelCard } from "../train/card/model_card.ts";
import type { StoredModel } from "../train/files/model_folder.ts";
import { encodeOnnx, type OnnxNode, type OnnxValue } from "./onnx_file.ts";
import { onnxGraph } from "./onnx_graph.ts";
import { textsOf, torchWeights } from "./torch_weights.ts";

/** How an ONNX file is made. */
export interface OnnxOptions {
  /** Whether channels come first in images and maps, as most programs have them, or last. */
  readonly layout?: "nchw" | "nhwc";
  /** Whether normalisations stay as they are, for who trains on; else convolutions take them over. */
  readonly keepBatchNorm?: boolean;
}

/** The bytes of `model.onnx`: `images` in, `logits` and `maps` out. */
export function encodeOnnxModel(
  stored: StoredModel,
  card: ModelCard,
  { layout = "nchw", keepBatchNorm = false }: OnnxOptions = {},
): Uint8Array<ArrayBuffer> {
  const { network, input, outputs } = card;
  const weights = torchWeights(stored, network);
  const graph = onnxGraph(stored.model, { network, weights, foldNorms: !keepBatchNorm });
  const isLast = layout === "nhwc";
  const sized = ({ height, width }: Size, channels: number) =>
    isLast ? [height, width, channels] : [channels, height, width];
  const count = outputs.names.length;
  return encodeOnnx({
    ...graph,
    nodes: isLast ? channelsLast(graph.nodes) : graph.nodes,
    input: {
      name: IMAGES,
      shape: sized(input, input.channels.length),
      about: `${layout}; ${input.channels.join(", ")} from ${
        input.range.join(" to ")
      }: ${input.scaling}`,
    },
    outputs: [
      { name: LOGITS, shape: [count], about: "in the order of the metadata's names" },
      { name: MAPS, shape: sized(outputs.maps, count), about: `${layout}; ${outputs.maps.values}` },
    ] satisfies OnnxValue[],
    metadata: { ...textsOf(card), layout },
  });
}

/** Names of the input and the outputs, which are those of the layers. */
const [IMAGES, LOGITS, MAPS] = ["image", "logits", "maps"];

interface Size {
  readonly height: number;
  readonly width: number;
}

/** The same with channels last outside. */
function channelsLast(nodes: readonly OnnxNode[]): OnnxNode[] {
  const inner = (name: string) => [IMAGES, MAPS].includes(name) ? `${name}_nchw` : name;
  return [
    {
      op: "Transpose",
      inputs: [IMAGES],
      output: inner(IMAGES),
      attributes: { perm: [0, 3, 1, 2] },
    },
    ...nodes.map((node) => ({
      ...node,
      inputs: node.inputs.map(inner),
      output: inner(node.output),
    })),
    { op: "Transpose", inputs: [inner(MAPS)], output: MAPS, attributes: { perm: [0, 2, 3, 1] } },
  ];
}
