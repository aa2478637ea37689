import assert from "node:assert/strict";
import {
  batchNormPool,
  batchNormPoolGrad,
  batchNormPoolGroups,
  type BatchNormPoolShape,
  normalisePool,
  pooledSize,
} from "../../kernels/batch_norm_pool.ts";
import * as naive from "../../kernels/cpu/batch_norm_pool.ts";
import type { Gpu } from "../../kernels/webgpu/gpu.ts";
import { Random } from "../../pipeline/numbers/random.ts";
import { assertClose } from "../comparing/compare.ts";
import { derivatives } from "../comparing/derivatives.ts";
import { gpuKindsTest } from "../contexts/gpu_test_context.ts";
import { assertRelu, NEGATIVE_NAN, RELU_INPUTS } from "../comparing/relu_cases.ts";

const SETTINGS = { epsilon: 1e-5, momentum: 0.9 };

type Given = Record<
  "x" | "dy" | "scale" | "shift" | "movingMean" | "movingVariance",
  Float32Array<ArrayBuffer>
>;

type Sizes = readonly [batch: number, height: number, width: number, channels: number];

function shapeOf(...[batch, height, width, channels]: Sizes): BatchNormPoolShape {
  return { batch, height, width, channels, ...SETTINGS };
}

function inputs(shape: BatchNormPoolShape, random: Random, draw = () => random.normal()): Given {
  const { batch, height, width, channels } = shape;
  const [high, wide] = pooledSize(shape);
  const array = (length: number, around = 0) =>
    Float32Array.from({ length }, () => around + random.normal());
  return {
    x: Float32Array.from({ length: batch * height * width * channels }, draw),
    dy: array(batch * high * wide * channels),
    scale: array(channels),
    shift: array(channels),
    movingMean: array(channels),
    movingVariance: array(channels, 5),
  };
}

/** Both passes on the device. */
async function onDevice(gpu: Gpu, given: Given, shape: BatchNormPoolShape) {
  const { channels } = shape;
  const [x, dy, scale, shift, movingMean, movingVariance] = Object.values(given).map((values) =>
    gpu.upload(values)
  ) as [GPUBuffer, GPUBuffer, GPUBuffer, GPUBuffer, GPUBuffer, GPUBuffer];
  const parts = gpu.createBuffer(8 * batchNormPoolGroups(shape, gpu) * channels);
  const stats = gpu.createBuffer(8 * channels);
  const [y, dx] = [gpu.createBuffer(dy.size), gpu.createBuffer(x.size)];
  const [dscale, dshift] = [gpu.createBuffer(4 * channels), gpu.createBuffer(4 * channels)];
  const buffers = { x, scale, shift, parts, stats };
  batchNormPool(gpu, { ...buffers, movingMean, movingVariance, y }, shape);
  batchNormPoolGrad(gpu, { ...buffers, dy, dscale, dshift, dx }, shape);
  const results = { y, dx, dscale, dshift, movingMean, movingVariance };
  const read = Object.entries(results).map(async ([name, buffer]) =>
    [name, new Float32Array(await gpu.read(buffer))] as const
  );
  const numbers = Object.fromEntries(await Promise.all(read));
  gpu.destroy(...Object.values(results), ...Object.values(buffers), dy);
  return numbers as Record<keyof typeof results, Float32Array>;
}

async function compare(gpu: Gpu, given: Given, shape: BatchNormPoolShape, what: string) {
  const actual = await onDevice(gpu, given, shape);
  const { y, mean } = naive.batchNormPool(given.x, given, shape);
  const gradient = naive.batchNormPoolGrad(given.x, given.dy, given, shape);
  const movingMean = mean.map((value, c) => 0.9 * given.movingMean[c]! + 0.1 * value);
  for (const [name, expected] of Object.entries({ y, movingMean, ...gradient })) {
    const numbers = actual[name as keyof typeof actual];
    assertClose(numbers, expected, { relative: 1e-5, what: `${name} of ${what}` });
  }
}

const SIZES: Sizes[] = [[1, 2, 2, 1], [2, 5, 7, 4], [3, 9, 4, 63], [2, 31, 33, 8], [1, 3, 2, 65]];

for (const sizes of SIZES) {
  const seed = sizes[3];
  const what = `${sizes.join("x")}, seed ${seed}`;
  gpuKindsTest(`batchNormPool() and batchNormPoolGrad() equal the twin's: ${what}`, async (gpu) => {
    const shape = shapeOf(...sizes);
    await compare(gpu, inputs(shape, new Random(seed)), shape, what);
  });

  gpuKindsTest(`batchNormPoolGrad() decides ties as the twin does: ${what}`, async (gpu) => {
    const shape = shapeOf(...sizes);
    const random = new Random(seed);
    // Of three values in four places at least two are equal.
    const given = inputs(shape, random, () => random.integer(3));
    await compare(gpu, given, shape, what);
  });
}

/** Mean 2 and variance 1, and two largest elements. */
const BY_HAND = {
  x: Float32Array.of(1, 3, 3, 1),
  dy: Float32Array.of(4),
  scale: Float32Array.of(2),
  shift: Float32Array.of(1),
  movingMean: Float32Array.of(0),
  movingVariance: Float32Array.of(1),
};

Deno.test("the twin gives what a pooled normalisation gives by hand", () => {
  const shape = { ...shapeOf(1, 2, 2, 1), epsilon: 0 };
  const { y, from } = naive.batchNormPool(BY_HAND.x, BY_HAND, shape);
  assert.deepEqual([[...y], [...from]], [[3], [1]]);
  const { dx, dscale, dshift } = naive.batchNormPoolGrad(BY_HAND.x, BY_HAND.dy, BY_HAND, shape);
  // Of 2 · (dz − (4 + x̂ · 4) / 4), where x̂ is ∓1 and dz is 4 at the first 3.
  assert.deepEqual([[...dx], [...dscale], [...dshift]], [[0, 4, -4, 0], [4], [4]]);
});

gpuKindsTest("batchNormPool() and batchNormPoolGrad() give what they give by hand", async (gpu) => {
  const shape = { ...shapeOf(1, 2, 2, 1), epsilon: 0 };
  const { y, dx, dscale, dshift } = await onDevice(gpu, BY_HAND, shape);
  assertClose(y, [3], { relative: 1e-6, what: "y" });
  assertClose([...dx, ...dscale, ...dshift], [0, 4, -4, 0, 4, 4], {
    relative: 1e-6,
    what: "gradients",
  });
});

gpuKindsTest("batchNormPoolGrad() gives nothing to windows that the ReLU stops", async (gpu) => {
  for (const [scale, shift] of [[2, -5], [0, 0]] as const) {
    const given = { ...BY_HAND, scale: Float32Array.of(scale), shift: Float32Array.of(shift) };
    const { y, dx, dscale, dshift } = await onDevice(gpu, given, shapeOf(1, 2, 2, 1));
    assertClose([...y, ...dx, ...dscale, ...dshift], Array(7).fill(0), {
      relative: 0,
      what: `y and gradients for a scale of ${scale} and a shift of ${shift}`,
    });
  }
});

gpuKindsTest(
  "batchNormPool() lets NaN of both signs through to all of their channels",
  async (gpu) => {
    const shape = shapeOf(1, 4, 4, 4);
    const given = inputs(shape, new Random(2));
    given.x[20] = NaN;
    given.x.set(NEGATIVE_NAN, 21);
    const expected = naive.batchNormPool(given.x, given, shape).y;
    const { y } = await onDevice(gpu, given, shape);
    const where = (values: ArrayLike<number>) => Array.from(values, Number.isNaN);
    assert.deepEqual(where(y), where(expected));
    assert.equal(where(y).filter(Boolean).length, 2 * 4);
  },
);

for (const channels of [1, 3, 4]) {
  gpuKindsTest(`the ReLU before a pool of ${channels} channels keeps every NaN`, async (gpu) => {
    // Four times each input, so that it is the largest of its window.
    const width = 2 * RELU_INPUTS.length / channels;
    const row = new Float32Array(width * channels);
    for (let at = 0; at < RELU_INPUTS.length; at += channels) {
      row.set(RELU_INPUTS.subarray(at, at + channels), 2 * at);
      row.set(RELU_INPUTS.subarray(at, at + channels), 2 * at + channels);
    }
    const twoRows = new Float32Array(2 * row.length);
    for (const at of [0, row.length]) twoRows.set(row, at);
    const x = gpu.upload(twoRows);
    // A mean of 0, and factors of 1.
    const ones = Array<number>(channels).fill(1);
    const stats = gpu.upload(Float32Array.of(...ones.map(() => 0), ...ones));
    const [scale, shift] = [gpu.upload(Float32Array.from(ones)), gpu.createBuffer(4 * channels)];
    const y = gpu.createBuffer(RELU_INPUTS.byteLength);
    normalisePool(gpu, { x, scale, shift, stats, y }, shapeOf(1, 2, width, channels));
    assertRelu(new Float32Array(await gpu.read(y)));
    gpu.destroy(x, scale, shift, stats, y);
  });
}

Deno.test("pooledSize() leaves out an odd row or column and refuses maps smaller than a window", () => {
  assert.deepEqual(pooledSize({ height: 7, width: 8 }), [3, 4]);
  assert.throws(() => pooledSize({ height: 1, width: 6 }), {
    name: "RangeError",
    message: "Cannot pool maps of 1x6 by 2x2",
  });
});

Deno.test("the twin's gradients of a pooled normalisation are the derivatives of its result", () => {
  const shape = shapeOf(2, 5, 4, 3);
  const random = new Random(12);
  const array = (length: number) => Float64Array.from({ length }, () => random.normal());
  const [x, dy] = [array(120), array(24)];
  const given = { scale: array(3), shift: array(3) };
  const value = () =>
    naive.batchNormPool(x, given, shape).y.reduce((sum, y, i) => sum + y * dy[i]!, 0);
  const { dx, dscale, dshift } = naive.batchNormPoolGrad(x, dy, given, shape);
  const close = { relative: 1e-6, what: "central differences, seed 12" };
  assertClose(dx, derivatives(x, value), close);
  assertClose(dscale, derivatives(given.scale, value), close);
  assertClose(dshift, derivatives(given.shift, value), close);
});
