import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
// Brings the gradients of tfjs operations with it.
import "@tensorflow/tfjs-layers";
import * as naive from "../kernels/cpu/batch_norm.ts";
import { useWasm } from "../kernels/tfjs_wasm.ts";
import { backward, fitsHeap, forward } from "../kernels/tfjs_wasm_batch_norm.ts";
import { useThreads } from "../kernels/tfjs_wasm_threads.ts";
import { WasmThreads } from "../kernels/wasm_threads.ts";
import { Random } from "../pipeline/random.ts";
import { assertClose } from "./compare.ts";

function randoms(random: Random, length: number): Float32Array {
  return Float32Array.from({ length }, () => random.next() - 0.5);
}

/** A convolution, a clone, and a dense layer with a bias: loss and its gradients. */
async function evaluate(seed: number): Promise<Float32Array[]> {
  const random = new Random(seed);
  const given = [
    tf.tensor4d(randoms(random, 2 * 9 * 8 * 3), [2, 9, 8, 3]),
    tf.tensor4d(randoms(random, 3 * 3 * 3 * 9), [3, 3, 3, 9]),
    tf.tensor2d(randoms(random, 7 * 6 * 9 * 8), [7 * 6 * 9, 8]),
  ];
  const { value, grads } = tf.valueAndGrads((x, f, w) => {
    const y = tf.clone(tf.conv2d(x as tf.Tensor4D, f as tf.Tensor4D, 1, "valid"));
    return tf.sum(tf.square(tf.matMul(tf.reshape(y, [2, -1]), w as tf.Tensor2D)));
  })(given);
  const data = await Promise.all([value, ...grads].map((tensor) => tensor.data<"float32">()));
  tf.dispose([value, ...grads, ...given]);
  return data;
}

Deno.test("convolutions on threads under tfjs give tfjs's results and gradients, seed 3", async () => {
  await useWasm();
  const before = tf.memory().numTensors;
  const expected = await evaluate(3);
  using threads = await WasmThreads.start(2);
  const leave = useThreads(threads);
  const actual = await evaluate(3);
  const { numBytes } = tf.memory();
  for (let i = 0; i < 20; i++) await evaluate(3);
  assert.equal(tf.memory().numBytes, numBytes, "bytes grow");
  leave();
  const after = await evaluate(3);
  ["loss", "dx", "df", "dw"].forEach((what, i) => {
    assertClose(actual[i]!, expected[i]!, { relative: 2e-6, what: `${what}, seed 3` });
    assert.deepEqual(after[i], expected[i], `${what}: tfjs's own kernels are back`);
  });
  assert.equal(tf.memory().numTensors, before, "tensors were left");
});

for (
  const [rows, channels, relu] of [[1, 4, true], [63, 8, false], [257, 40, true], [
    700,
    64,
    false,
  ]] as const
) {
  const seed = rows;
  const name = `${rows}x${channels}${relu ? " with ReLU" : ""}, seed ${seed}`;
  Deno.test(`batch norm in tfjs's memory equals the twin's: ${name}`, async () => {
    await useWasm();
    const random = new Random(seed);
    const shape = { rows, channels, relu, epsilon: 1e-3, momentum: 0.9 };
    assert.ok(fitsHeap(shape));
    // Far from zero, where sums of squares would cancel.
    const x = randoms(random, rows * channels).map((value) => value + 100);
    const dy = randoms(random, rows * channels);
    const [scale, shift] = [randoms(random, channels), randoms(random, channels)];
    const [tx, tdy] = [tf.tensor2d(x, [rows, channels]), tf.tensor2d(dy, [rows, channels])];
    const normalised = forward(tx, scale, shift, shape);
    const { dx, dscale, dshift } = backward(tx, tdy, normalised, scale, shape);
    const moving = new Float32Array(channels);
    const given = { scale, shift, movingMean: moving, movingVariance: moving };
    const expected = naive.batchNorm(x, given, shape);
    const gradients = naive.batchNormGrad(x, dy, given, shape);
    // x is given in steps of 8e-6, and is divided by a deviation of about 0.3.
    const close = (what: string) => ({ relative: 1e-4, what: `${what} of ${name}` });
    assertClose(await normalised.y.data(), expected.y, close("y"));
    if (rows > 1) assertClose(await dx.data(), gradients.dx, close("dx"));
    assertClose(dscale, gradients.dscale, close("dscale"));
    assertClose(dshift, gradients.dshift, close("dshift"));
    tf.dispose([tx, tdy, normalised.y, dx]);
  });
}
