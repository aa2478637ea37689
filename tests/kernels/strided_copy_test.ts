import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-layers"; // Registers the gradients.
import { stridedCopy as naive } from "../../kernels/cpu/strided_copy.ts";
import { stridedCopyThreads } from "../../kernels/wasm/strided_copy.ts";
import { stridedCopy } from "../../kernels/strided_copy.ts";
import { type StridedView, transposedView, windowOf } from "../../kernels/strided_view.ts";
import { TfjsHost } from "../../kernels/tfjs/host.ts";
import { useOwnKernels, useStockKernels } from "../../kernels/tfjs/kernels.ts";
import { useWasm } from "../../kernels/tfjs/wasm/backend.ts";
import { useThreads } from "../../kernels/tfjs/wasm/kernels.ts";
import { WasmThreads } from "../../kernels/wasm/threads.ts";
import { gpuKindsTest, gpuTest } from "../contexts/gpu_test_context.ts";
import { PlainHeap } from "../comparing/plain_heap.ts";
import { wasmTest } from "../contexts/wasm_test_context.ts";

const SHAPE = [3, 5, 7, 20];
const LENGTH = 3 * 5 * 7 * 20;

/** x counts from 1, so that nothing of it is taken for the zeros around it. */
const counted = () => Float32Array.from({ length: LENGTH }, (_, i) => i + 1);

/** Views by what they are; of fours, of single numbers, beyond x on every side, and of nothing of x. */
const VIEWS: Record<string, StridedView | null> = {
  "the whole": windowOf(SHAPE, [0, 0, 0, 0], SHAPE),
  "some rows": windowOf(SHAPE, [0, 1, 0, 0], [3, 3, 7, 20]),
  "some columns": windowOf(SHAPE, [0, 0, 2, 0], [3, 5, 4, 20]),
  "some images": windowOf(SHAPE, [1, 0, 0, 0], [2, 5, 7, 20]),
  "a frame of zeros": windowOf(SHAPE, [0, -1, -2, 0], [3, 8, 10, 20]),
  "more channels": windowOf(SHAPE, [0, 0, 0, -4], [3, 5, 7, 32]),
  "some of the channels": windowOf(SHAPE, [0, 0, 0, 1], [3, 5, 7, 17]),
  "a corner and beyond": windowOf(SHAPE, [2, 4, 5, 3], [2, 2, 4, 18]),
  "what lies beside it": windowOf(SHAPE, [0, 5, 0, 0], [3, 2, 7, 20]),
  "rows and columns changed": transposedView(SHAPE, [0, 2, 1, 3]),
  "all but the channels turned round": transposedView(SHAPE, [2, 1, 0, 3]),
  "two axes": windowOf([21, 100], [2, 4], [18, 90]),
  "one axis": windowOf([LENGTH], [-4], [LENGTH + 8]),
};

/** What a view of x, counted from 1, is by the twin; the twin itself is held against tfjs below. */
const expectedOf = (view: StridedView) => Float32Array.from(naive(counted(), view));

Deno.test("a view joins axes that follow each other, but for the first", () => {
  const sizes = (view: StridedView | null) => view?.map(({ size }) => size);
  assert.deepEqual(sizes(windowOf(SHAPE, [0, 1, 0, 0], [3, 3, 7, 20])), [1, 1, 3, 420]);
  assert.deepEqual(sizes(windowOf(SHAPE, [0, 0, 1, 0], [3, 5, 4, 20])), [1, 3, 5, 80]);
  assert.deepEqual(sizes(transposedView(SHAPE, [0, 2, 1, 3])), [3, 7, 5, 20]);
});

Deno.test("a view with the last axis moved, short runs or too many axes is none", () => {
  assert.equal(transposedView(SHAPE, [0, 1, 3, 2]), null);
  assert.equal(windowOf([4, 4, 3], [0, 0, 0], [4, 2, 3]), null);
  assert.equal(windowOf([2, 3, 4, 5, 20], [0, 1, 1, 1, 1], [2, 1, 2, 3, 16]), null);
});

Deno.test("a frame of one row, computed by hand", () => {
  const x = Float32Array.from({ length: 16 }, (_, i) => i);
  const view = windowOf([1, 1, 16], [0, -1, 0], [1, 3, 16])!;
  const zeros = new Array(16).fill(0);
  assert.deepEqual([...naive(x, view)], [...zeros, ...x, ...zeros]);
});

for (const [name, view] of Object.entries(VIEWS)) {
  gpuKindsTest(`a copy on the device equals the twin: ${name}`, async (gpu) => {
    assert(view);
    const expected = expectedOf(view);
    const x = gpu.upload(counted());
    const y = gpu.upload(new Float32Array(expected.length).fill(NaN));
    stridedCopy(gpu, x, y, view);
    const copied = new Float32Array(await gpu.read(y));
    gpu.destroy(x, y);
    assert.deepEqual(copied, expected);
  });

  for (const count of [1, 3]) {
    Deno.test(`a copy on ${count} threads equals the twin: ${name}`, async () => {
      assert(view);
      const expected = expectedOf(view);
      const heap = new PlainHeap();
      using threads = await WasmThreads.start(heap, count);
      const y = heap.place(new Float32Array(expected.length + 1).fill(NaN));
      stridedCopyThreads(threads, heap.place(counted()), y, view);
      const copied = threads.numbers(y, expected.length + 1).slice();
      assert.deepEqual(copied, Float32Array.of(...expected, NaN));
    });
  }
}

gpuTest("a copy larger than a binding is taken by parts", async (gpu) => {
  const view = windowOf(SHAPE, [0, -1, 0, 0], [3, 8, 7, 20])!;
  const [x, y] = [gpu.upload(counted()), gpu.createBuffer(4 * 3 * 8 * 7 * 20)];
  const limit = Object.getOwnPropertyDescriptor(gpu, "bindingLimit");
  Object.defineProperty(gpu, "bindingLimit", { value: 4480 * 2, configurable: true });
  try {
    stridedCopy(gpu, x, y, view);
  } finally {
    if (limit) Object.defineProperty(gpu, "bindingLimit", limit);
    else Reflect.deleteProperty(gpu, "bindingLimit");
  }
  const copied = new Float32Array(await gpu.read(y));
  gpu.destroy(x, y);
  assert.deepEqual(copied, expectedOf(view));
});

/** tfjs's operations that only move numbers, with gradients; some of them beyond what ours cover. */
async function moved(): Promise<(Float32Array | number[])[]> {
  const tensors = tf.tidy(() => {
    const x = tf.reshape(tf.range(1, LENGTH + 1), [3, 5, 7, 20]) as tf.Tensor4D;
    const forward = (x: tf.Tensor) => {
      const sliced = tf.slice(x, [0, 1, 2, 0], [-1, 3, 4, -1]);
      const framed = tf.pad(sliced as tf.Tensor4D, [[0, 0], [1, 2], [0, 3], [0, 0]]);
      return tf.transpose(framed, [0, 2, 1, 3]);
    };
    const weighted = (x: tf.Tensor) => {
      const y = forward(x);
      return tf.sum(tf.mul(y, tf.reshape(tf.range(0, y.size), y.shape))) as tf.Scalar;
    };
    return [
      forward(x),
      tf.grad(weighted)(x),
      tf.pad(x, [[0, 0], [0, 0], [1, 1], [0, 0]], 7),
      tf.transpose(x, [3, 0, 1, 2]),
      tf.slice(tf.cast(x, "int32"), [0, 1, 0, 0], [3, 2, 7, 20]),
      tf.slice(x, [0, 0, 0, 0], [3, 0, 7, 20]),
    ];
  });
  const data = await Promise.all(tensors.map((tensor) => tensor.data()));
  const shapes = tensors.map(({ shape }) => shape);
  tf.dispose(tensors);
  return [...data.map((values) => Float32Array.from(values)), ...shapes];
}

gpuTest("what moves numbers under tfjs on webgpu gives tfjs's own", async (gpu) => {
  const host = await TfjsHost.attach(gpu);
  const stock = await moved();
  useOwnKernels(host);
  try {
    assert.deepEqual(await moved(), stock);
  } finally {
    useStockKernels();
  }
});

wasmTest("what moves numbers under tfjs on wasm gives tfjs's own", async (threads) => {
  await useWasm();
  const stock = await moved();
  const away = useThreads(threads);
  try {
    assert.deepEqual(await moved(), stock);
  } finally {
    away();
  }
});
