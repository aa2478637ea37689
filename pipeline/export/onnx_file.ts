/** ONNX files: what stands in them, apart from how the package `onnx-proto` calls it. */

import protocol from "onnx-proto";
import program from "../../deno.json" with { type: "json" };
import { bytesOf, type Safetensors, type StoredTensor } from "../files/safetensors.ts";

const { onnx } = protocol;

/** The operators are those of this version; a file of it is read by ONNX Runtime from 1.12 on. */
const OPSET = 17;
/** The form of the file that goes with it. Source: onnx/docs/Versioning.md. */
const IR_VERSION = 8;

/** A step of the graph. */
export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes?: Readonly<Record<string, number | readonly number[]>>;
}

/** Numbers that come with the file; whole ones are as ONNX's shapes and positions are, of 64 bits. */
export type OnnxConstants = Readonly<Record<string, StoredTensor | readonly number[]>>;

/** What goes in or comes out, without the batch, which may be any. */
export interface OnnxValue {
  readonly name: string;
  readonly shape: readonly number[];
  readonly about: string;
}

/** A network as ONNX has it. */
export interface OnnxModel {
  readonly nodes: readonly OnnxNode[];
  readonly constants: OnnxConstants;
  readonly input: OnnxValue;
  readonly outputs: readonly OnnxValue[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** The bytes of a file. */
export function encodeOnnx(model: OnnxModel): Uint8Array<ArrayBuffer> {
  const { nodes, constants, input, outputs, metadata } = model;
  const bytes = onnx.ModelProto.encode({
    irVersion: IR_VERSION,
    opsetImport: [{ domain: "", version: OPSET }],
    producerName: "attparsenet",
    producerVersion: program.version,
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    graph: {
      name: "attparsenet",
      node: nodes.map(encodeNode),
      initializer: Object.entries(constants).map(([name, value]) => encodeTensor(name, value)),
      input: [encodeValue(input)],
      output: outputs.map(encodeValue),
    },
  }).finish();
  return bytes as Uint8Array<ArrayBuffer>;
}

const { AttributeType } = onnx.AttributeProto;
const { DataType } = onnx.TensorProto;

function encodeNode({ op, inputs, output, attributes = {} }: OnnxNode) {
  return {
    name: output,
    opType: op,
    input: [...inputs],
    output: [output],
    attribute: Object.entries(attributes).map(([name, value]) => {
      if (typeof value !== "number") return { name, type: AttributeType.INTS, ints: [...value] };
      // Of the operators in use `epsilon` alone is no whole number.
      return name === "epsilon"
        ? { name, type: AttributeType.FLOAT, f: value }
        : { name, type: AttributeType.INT, i: value };
    }),
  };
}

function encodeTensor(name: string, value: OnnxConstants[string]) {
  if (!("data" in value)) {
    return {
      ...{ name, dataType: DataType.INT64, dims: [value.length] },
      rawData: bytesOfView(BigInt64Array.from(value, BigInt)),
    };
  }
  const { shape, data } = value;
  return { name, dataType: DataType.FLOAT, dims: [...shape], rawData: bytesOf(data) };
}

function bytesOfView({ buffer }: BigInt64Array): Uint8Array {
  return new Uint8Array(buffer);
}

/**
 * The weights of a file and its texts.
 *
 * @throws {Error} If it is no such file, or keeps its numbers elsewhere.
 */
export function decodeOnnx(bytes: Uint8Array): Safetensors {
  const { graph, metadataProps } = decodeModel(bytes);
  const tensors = (graph?.initializer ?? []).filter(({ dataType }) => dataType === DataType.FLOAT)
    .map(({ name, dims, rawData }) => {
      const shape = (dims ?? []).map(Number);
      const size = shape.reduce((product, length) => product * length, 1);
      if (rawData?.length !== 4 * size) throw new TypeError(`the numbers of ${name} are not in it`);
      return [name, { shape, data: new Float32Array(rawData.slice().buffer) }] as const;
    });
  const texts = metadataProps.map(({ key, value }) => [key, value] as const);
  return { tensors: Object.fromEntries(tensors), metadata: Object.fromEntries(texts) };
}

function decodeModel(bytes: Uint8Array): ReturnType<typeof onnx.ModelProto.decode> {
  try {
    return onnx.ModelProto.decode(bytes);
  } catch (cause) {
    throw new SyntaxError("it is damaged, or no ONNX file", { cause });
  }
}

function encodeValue({ name, shape, about }: OnnxValue) {
  const dim = [{ dimParam: "batch" }, ...shape.map((length) => ({ dimValue: length }))];
  const tensorType = { elemType: DataType.FLOAT, shape: { dim } };
  return { name, docString: about, type: { tensorType } };
}
