/**
 * tfjs's WebAssembly backend, made ready for training: its binary comes with the program, and the
 * gradients that it lacks are added.
 */

import * as tf from "@tensorflow/tfjs-core";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import binary from "@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-simd.wasm" with {
  type: "bytes",
};

type KernelArguments = Parameters<tf.KernelFunc>[0];

/** Number of the section in which a WebAssembly module declares its memory. */
const MEMORY_SECTION = 5;
/** The limits of a memory: bit 0 says that there is an upper one, bit 1 that threads share it. */
const Limits = { upper: 1, shared: 2 } as const;

/**
 * The module with its memory marked as one that threads share. tfjs computes in it as before; our threads
 * work in it too, and no tensor has to be copied for them.
 *
 * @throws {Error} If the module has no memory of its own with an upper limit.
 */
export function withSharedMemory(
  module: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  let at = 8;
  const number = () => {
    // LEB128: seven bits a byte, the lowest first; the top bit says that more follow.
    for (let value = 0, shift = 0;; shift += 7) {
      const byte = module[at++]!;
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (at < module.length) {
    const section = module[at++];
    const size = number();
    if (section !== MEMORY_SECTION) {
      at += size;
      continue;
    }
    const count = number();
    if (count !== 1 || module[at] !== Limits.upper) break;
    const shared = module.slice();
    shared[at] = Limits.upper | Limits.shared;
    return shared;
  }
  throw new Error("tfjs's WebAssembly has no memory that can be shared: is it another version?");
}

/** Selects the backend "wasm" (SIMD, one thread) and registers the missing gradients. */
export async function useWasm(): Promise<void> {
  if (!tf.engine().registryFactory.wasm) throw new Error("tfjs's wasm backend is not registered");
  if (!tf.engine().registry.wasm) {
    const shared = withSharedMemory(binary);
    const url = URL.createObjectURL(new Blob([shared], { type: "application/wasm" }));
    // tfjs asks for one of three names; the thread pool needs a worker file of its own, so it is off.
    tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
    const names = ["", "-simd", "-threaded-simd"].map((kind) => `tfjs-backend-wasm${kind}.wasm`);
    setWasmPaths(Object.fromEntries(names.map((name) => [name, url])), true);
    registerGradients();
  }
  if (!await tf.setBackend("wasm")) throw new Error("tfjs's wasm backend did not start");
}

function registerGradients(): void {
  const kernels: Record<string, (call: KernelArguments) => tf.TensorInfo> = {
    Conv2DBackpropFilter: (call) => filterGradient(call),
    Conv2DBackpropInput: (call) => inputGradient(call),
    MaxPoolGrad: (call) => maxPoolGradient(call),
  };
  for (const [kernelName, kernelFunc] of Object.entries(kernels)) {
    if (tf.getKernel(kernelName, "wasm")) tf.unregisterKernel(kernelName, "wasm");
    tf.registerKernel({ kernelName, backendName: "wasm", kernelFunc });
  }
}

/** A tensor over what a kernel is given; it holds a reference of its own. */
function view(info: tf.TensorInfo | undefined): tf.Tensor4D {
  tf.engine().backend.incRef(info!.dataId);
  return tf.engine().makeTensorFromTensorInfo(info!) as tf.Tensor4D;
}

/**
 * Correlates x with dy: a convolution in which batch and channels change places.
 * x [B, H, W, C] as [C, H, W, B] by dy [B, OH, OW, N] as [OH, OW, B, N] gives [C, KH, KW, N].
 */
function filterGradient({ inputs, attrs }: KernelArguments): tf.TensorInfo {
  requirePlain(attrs);
  return tf.tidy(() => {
    const x = tf.transpose(view(inputs.x as tf.TensorInfo), [3, 1, 2, 0]);
    const dy = tf.transpose(view(inputs.dy as tf.TensorInfo), [1, 2, 0, 3]);
    return tf.transpose(tf.conv2d(x, dy as tf.Tensor4D, 1, "valid"), [1, 2, 0, 3]);
  });
}

/** Convolves dy, with a border, by the filter turned round. */
function inputGradient({ inputs, attrs }: KernelArguments): tf.TensorInfo {
  requirePlain(attrs);
  return tf.tidy(() => {
    const filter = view(inputs.filter as tf.TensorInfo);
    const [height, width] = filter.shape;
    const turned = tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]) as tf.Tensor4D;
    const border: [number, number][] = [
      [0, 0],
      [height - 1, height - 1],
      [width - 1, width - 1],
      [0, 0],
    ];
    return tf.conv2d(tf.pad(view(inputs.dy as tf.TensorInfo), border), turned, 1, "valid");
  });
}

/** Gives each window's gradient to its largest element, the first one if several are equal. */
function maxPoolGradient({ inputs, attrs, backend }: KernelArguments): tf.TensorInfo {
  const { filterSize, strides, pad } = attrs as Record<string, unknown>;
  const side = [filterSize].flat()[0] as number;
  if (
    [filterSize, strides].flat().some((size) => size !== side) || (pad !== 0 && pad !== "valid")
  ) {
    throw new RangeError(
      "The wasm backend differentiates only max pooling without overlap or border",
    );
  }
  const read = (info: tf.TensorInfo) =>
    (backend as unknown as { readSync(id: tf.DataId): Float32Array }).readSync(info.dataId);
  const x = inputs.input as tf.TensorInfo;
  const dy = inputs.dy as tf.TensorInfo;
  const dx = poolGradient(read(x), read(dy), x.shape, dy.shape, side);
  return tf.tensor(dx, x.shape, "float32");
}

function poolGradient(
  x: Float32Array,
  dy: Float32Array,
  [batch, height, width, channels]: number[],
  [, outHeight, outWidth]: number[],
  side: number,
): Float32Array {
  const dx = new Float32Array(x.length);
  const row = width! * channels!;
  let o = 0;
  for (let b = 0; b < batch!; b++) {
    for (let i = 0; i < outHeight!; i++) {
      for (let j = 0; j < outWidth!; j++) {
        const corner = (b * height! + i * side) * row + j * side * channels!;
        for (let c = 0; c < channels!; c++, o++) {
          let best = corner + c;
          for (let u = 0; u < side; u++) {
            for (let v = 0; v < side; v++) {
              const at = corner + u * row + v * channels! + c;
              if (x[at]! > x[best]!) best = at;
            }
          }
          dx[best] = dx[best]! + dy[o]!;
        }
      }
    }
  }
  return dx;
}

/** The gradients above hold for what this project's network is made of. */
function requirePlain(attributes: tf.NamedAttrMap | undefined): void {
  const { strides, pad, dilations } = (attributes ?? {}) as Record<string, unknown>;
  const ones = [strides ?? 1, dilations ?? 1].flat().every((one) => one === 1);
  if (ones && (pad === "valid" || pad === 0)) return;
  throw new RangeError(
    "The wasm backend differentiates only convolutions of stride 1 without padding",
  );
}
