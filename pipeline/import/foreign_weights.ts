/** Weights that come from elsewhere: the tensors of a file, and what it says of them. */

import { extname } from "node:path";
import { count, fields } from "../files/json_shape.ts";
import { parseJson } from "../files/json_text.ts";
import { decodeSafetensors, type Safetensors } from "../files/safetensors.ts";
import { checkSchema } from "../files/schema.ts";
import { decodeOnnx } from "../export/onnx_file.ts";

/** The numbers of a tensor, in PyTorch's order. */
export interface ForeignTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** What a file holds. */
export interface ForeignWeights {
  readonly tensors: Readonly<Record<string, ForeignTensor>>;
  readonly texts: Readonly<Record<string, string>>;
}

/**
 * Reads the weights of a file; whole numbers, which PyTorch counts batches by, are left out.
 *
 * @throws {RangeError} If its name ends in neither `.safetensors` nor `.onnx`.
 * @throws {SyntaxError} If it is damaged, of another version, or not of f32; the message names it.
 */
export async function readForeignWeights(path: string): Promise<ForeignWeights> {
  const decode = DECODERS[extname(path).toLowerCase()];
  if (!decode) throw new RangeError(`${path}: expected a name that ends in .safetensors or .onnx`);
  const bytes = await Deno.readFile(path);
  const fail = (reason: string, cause?: unknown) => {
    throw new SyntaxError(`Cannot read the weights ${path}: ${reason}`, { cause });
  };
  let file: Safetensors;
  try {
    file = decode(bytes);
  } catch (cause) {
    return fail((cause as Error).message, cause);
  }
  checkSchema("weights", file.metadata.schema, path);
  const tensors: Record<string, ForeignTensor> = {};
  for (const [name, { shape, data }] of Object.entries(file.tensors)) {
    if (data instanceof BigInt64Array) continue;
    if (!(data instanceof Float32Array)) return fail(`${name} is not of f32`);
    if (!data.every(Number.isFinite)) return fail(`a number of ${name} is not finite`);
    tensors[name] = { shape, data };
  }
  return { tensors, texts: file.metadata };
}

const DECODERS: Readonly<Record<string, (bytes: Uint8Array) => Safetensors>> = {
  ".onnx": decodeOnnx,
  ".safetensors": decodeSafetensors,
};

const INPUT = fields({ input: fields({ height: count, width: count }) });

/**
 * The network that a file says it is of; null if it does not say.
 *
 * @throws {SyntaxError} If that is no such thing.
 */
export function networkIn({ texts }: ForeignWeights, path: string): object | null {
  if (texts.network === undefined) return null;
  const network = parseJson(texts.network, `${path}: its network`);
  const misfit = INPUT(network);
  if (misfit === null) return network as object;
  throw new SyntaxError(`${path}: its network${misfit}`);
}
