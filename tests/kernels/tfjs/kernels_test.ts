import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { TfjsHost } from "../../../kernels/tfjs/host.ts";
import { useOwnKernels, useStockKernels } from "../../../kernels/tfjs/kernels.ts";
import { fuseBatchNorm, fuseBatchNormPool } from "../../../kernels/tfjs/layers.ts";
import { useWasm } from "../../../kernels/tfjs/wasm/backend.ts";
import { useThreads } from "../../../kernels/tfjs/wasm/kernels.ts";
import type { WasmThreads } from "../../../kernels/wasm/threads.ts";
import { assertClose } from "../../comparing/compare.ts";
import { gpuTest } from "../../contexts/gpu_test_context.ts";
import { wasmTest } from "../../contexts/wasm_test_context.ts";

const SEED = 5;

/** Gradients of a convolution, a pool and a dense layer by image, filter, matrix and bias. */
async function gradients(): Promise<Float32Array[]> {
  const x = tf.randomNormal([3, 11, 10, 5], 0, 1, "float32", SEED);
  const f = tf.randomNormal([4, 3, 5, 6], 0, 1, "float32", SEED + 1);
  const w = tf.randomNormal([4 * 4 * 6, 10], 0, 1, "float32", SEED + 2);
  const b = tf.randomNormal([10], 0, 1, "float32", SEED + 3);
  const forward = (...given: tf.Tensor[]) => {
    const [x, f, w, b] = given as [tf.Tensor4D, tf.Tensor4D, tf.Tensor2D, tf.Tensor1D];
    const maps = tf.maxPool(tf.conv2d(x, f, 1, "valid"), 2, 2, "valid");
    const flat = tf.reshape(maps, [3, -1]) as tf.Tensor2D;
    return tf.sum(tf.square(tf.fused.matMul({ a: flat, b: w, bias: b }))) as tf.Scalar;
  };
  const { value, grads } = tf.valueAndGrads(forward)([x, f, w, b]);
  const data = await Promise.all([value, ...grads].map((tensor) => tensor.data<"float32">()));
  tf.dispose([x, f, w, b, value, grads]);
  return data;
}

function compare(actual: Float32Array[], expected: Float32Array[]): void {
  ["value", "image", "filter", "matrix", "bias"].forEach((what, index) =>
    assertClose(actual[index]!, expected[index]!, { relative: 1e-5, what: `${what}, seed ${SEED}` })
  );
}

gpuTest("our kernels under tfjs give tfjs's own results and gradients", async (gpu) => {
  const host = await TfjsHost.attach(gpu);
  const stock = await gradients();
  useOwnKernels(host);
  try {
    compare(await gradients(), stock);
  } finally {
    useStockKernels();
  }
  compare(await gradients(), stock);
});

gpuTest("the gradients added to the wasm backend equal those of webgpu", async (gpu) => {
  await TfjsHost.attach(gpu);
  const expected = await gradients();
  await useWasm();
  compare(await gradients(), expected);
});

/** Value, gradient and inference of a normalisation with ReLU, by tfjs or by ours. */
async function normalisation(
  compute: TfjsHost | WasmThreads,
  fuse: boolean,
  channels: number,
): Promise<Float32Array[]> {
  const x = tf.randomNormal([4, 3, 5, channels], 1, 2, "float32", SEED) as tf.Tensor4D;
  const norm = tfl.layers.batchNormalization({ epsilon: 1e-5, momentum: 0.9 });
  const relu = tfl.layers.reLU();
  norm.build(x.shape);
  if (fuse) fuseBatchNorm(compute, norm, relu);
  const apply = (x: tf.Tensor, training: boolean) =>
    tf.tidy(() => relu.call(norm.call(x, { training }) as tf.Tensor, { training }) as tf.Tensor);
  const { value, grads } = tf.valueAndGrads((x) => tf.sum(tf.pow(apply(x!, true), 3)))([x]);
  const after = apply(x, false);
  const data = await Promise.all([value, grads[0]!, after].map((tensor) => tensor.data()));
  tf.dispose([x, value, grads, after]);
  for (const weight of norm.weights) weight.dispose();
  return data as Float32Array[];
}

async function compareNormalisation(
  compute: TfjsHost | WasmThreads,
  channels = 6,
): Promise<void> {
  const expected = await normalisation(compute, false, channels);
  const actual = await normalisation(compute, true, channels);
  ["value", "gradient"].forEach((what, i) =>
    assertClose(actual[i]!, expected[i]!, { relative: 1e-4, what: `${what}, seed ${SEED}` })
  );
  // Ours keeps the unbiased moving variance as PyTorch does, a part in 60 above tfjs's own here.
  assertClose(actual[2]!, expected[2]!, { relative: 5e-3, what: `inference, seed ${SEED}` });
}

gpuTest("a normalisation fused on webgpu gives what the layers API gives", async (gpu) => {
  await compareNormalisation(await TfjsHost.attach(gpu));
});

wasmTest("a normalisation fused on wasm gives what the layers API gives", async (threads) => {
  await compareNormalisation(threads);
  // By fours it runs on the threads.
  await compareNormalisation(threads, 8);
});

gpuTest("a normalisation fused with its pool gives what the layers API gives", async (gpu) => {
  const host = await TfjsHost.attach(gpu);
  const expected = await pooledNormalisation(null);
  const actual = await pooledNormalisation(host);
  ["value", "gradient"].forEach((what, i) =>
    assertClose(actual[i]!, expected[i]!, { relative: 1e-4, what: `${what}, seed ${SEED}` })
  );
  // Of the moving variance a part in 244 is ours alone, see above.
  assertClose(actual[2]!, expected[2]!, { relative: 5e-3, what: `inference, seed ${SEED}` });
});

/** Value, gradient and inference of a normalisation with ReLU and pool, fused where there is a host. */
async function pooledNormalisation(host: TfjsHost | null): Promise<Float32Array[]> {
  const x = tf.randomNormal([5, 7, 7, 6], 1, 2, "float32", SEED) as tf.Tensor4D;
  const norm = tfl.layers.batchNormalization({ epsilon: 1e-5, momentum: 0.9 });
  const [relu, pool] = [tfl.layers.reLU(), tfl.layers.maxPooling2d({ poolSize: 2 })];
  if (host) fuseBatchNormPool(host, norm, relu, pool);
  const apply = (x: tf.Tensor, training: boolean) =>
    [norm, relu, pool].reduce((x, layer) => layer.apply(x, { training }) as tf.Tensor, x);
  const { value, grads } = tf.valueAndGrads((x) => tf.sum(tf.pow(apply(x!, true), 3)))([x]);
  const after = apply(x, false);
  const data = await Promise.all([value, grads[0]!, after].map((tensor) => tensor.data()));
  tf.dispose([x, value, grads, after]);
  for (const layer of [norm, relu, pool]) layer.dispose();
  return data as Float32Array[];
}

gpuTest("fuseBatchNormPool() refuses another pool", async (gpu) => {
  const host = await TfjsHost.attach(gpu);
  const norm = tfl.layers.batchNormalization();
  const pool = tfl.layers.maxPooling2d({ poolSize: 3 });
  assert.throws(() => fuseBatchNormPool(host, norm, tfl.layers.reLU(), pool), RangeError);
});

wasmTest("a sum with each item of a batch on wasm gives tfjs's own", async (threads) => {
  await useWasm();
  const sums = async () => {
    const tensors = tf.tidy(() => {
      const a = tf.randomNormal([5, 40, 30, 4], 0, 1, "float32", SEED);
      const item = tf.randomNormal([40, 30, 4], 0, 1, "float32", SEED + 1);
      // The last one is by rows, which is none of ours.
      return [tf.add(a, item), tf.add(a, a), tf.add(a, tf.slice(a, [0, 0, 0, 0], [5, 1, 1, 1]))];
    });
    const data = await Promise.all(tensors.map((tensor) => tensor.data()));
    tf.dispose(tensors);
    return data.map((values) => Float32Array.from(values));
  };
  const stock = await sums();
  const away = useThreads(threads);
  try {
    assert.deepEqual(await sums(), stock, `seed ${SEED}`);
  } finally {
    away();
  }
});
