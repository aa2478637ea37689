import assert from "node:assert/strict";
import {
  batchNorm,
  batchNormGrad,
  batchNormGroups,
  normalise as normaliseOnGpu,
} from "../../kernels/batch_norm.ts";
import * as naive from "../../kernels/cpu/batch_norm.ts";
import { batchStatistics, normalise, normaliseGrad } from "../../kernels/cpu/batch_norm_f32.ts";
import { Random } from "../../pipeline/numbers/random.ts";
import { assertClose } from "../comparing/compare.ts";
import { derivatives } from "../comparing/derivatives.ts";
import { gpuKindsTest } from "../contexts/gpu_test_context.ts";
import { assertRelu, NEGATIVE_NAN, RELU_INPUTS } from "../comparing/relu_cases.ts";

const SETTINGS = { epsilon: 1e-5, momentum: 0.9 };

function inputs(rows: number, channels: number, random: Random, centre = 0) {
  const array = (length: number, around = 0) =>
    Float32Array.from({ length }, () => around + random.normal());
  return {
    x: array(rows * channels, centre),
    dy: array(rows * channels),
    scale: array(channels, 1),
    shift: array(channels),
    movingMean: array(channels),
    movingVariance: array(channels, 5),
  };
}

for (
  const [rows, channels, relu] of [
    [1, 1, true],
    [64, 4, false],
    [130, 8, true],
    [257, 63, true],
    [700, 65, true],
    [9000, 8, true],
  ] as const
) {
  const seed = rows;
  const name = `${rows}x${channels}${relu ? " with ReLU" : ""}, seed ${seed}`;
  gpuKindsTest(`batchNorm() and batchNormGrad() equal the twin's: ${name}`, async (gpu) => {
    const shape = { rows, channels, relu, ...SETTINGS };
    const given = inputs(rows, channels, new Random(seed));
    const buffer = (values: Float32Array<ArrayBuffer>) => gpu.upload(values);
    const [x, dy, scale, shift, movingMean, movingVariance] = Object.values(given).map(buffer);
    const parts = gpu.createBuffer(8 * batchNormGroups(shape, gpu) * channels);
    const stats = gpu.createBuffer(8 * channels);
    const y = gpu.createBuffer(4 * rows * channels);
    const dx = gpu.createBuffer(4 * rows * channels);
    const dscale = gpu.createBuffer(4 * channels);
    const dshift = gpu.createBuffer(4 * channels);
    const read = async (from: GPUBuffer) => new Float32Array(await gpu.read(from));

    const forward = { x: x!, scale: scale!, shift: shift!, parts, stats, y };
    const moving = { movingMean: movingMean!, movingVariance: movingVariance! };
    batchNorm(gpu, { ...forward, ...moving }, shape);
    const expected = naive.batchNorm(given.x, given, shape);
    const close = (what: string) => ({ relative: 1e-5, what: `${what} of ${name}` });
    assertClose(await read(y), expected.y, close("y"));
    assertClose(await read(movingMean!), expected.movingMean, close("moving mean"));
    assertClose(await read(movingVariance!), expected.movingVariance, close("moving variance"));

    const backward = { x: x!, dy: dy!, scale: scale!, shift: shift!, stats, parts };
    batchNormGrad(gpu, { ...backward, dx, dscale, dshift }, shape);
    const gradient = naive.batchNormGrad(given.x, given.dy, given, shape);
    assertClose(await read(dscale), gradient.dscale, close("gradient of the scale"));
    assertClose(await read(dshift), gradient.dshift, close("gradient of the shift"));
    // One row has a variance of zero and a gradient of zero, which nothing can be relative to.
    if (rows > 1) assertClose(await read(dx), gradient.dx, close("gradient of x"));
    gpu.destroy(x!, dy!, scale!, shift!, movingMean!, movingVariance!, parts, stats, y, dx);
    gpu.destroy(dscale, dshift);
  });
}

gpuKindsTest("batchNorm() keeps its precision far from zero", async (gpu) => {
  // With E[x²] − E[x]² in f32 nothing would be left of a variance of 1 around 10,000.
  const shape = { rows: 600, channels: 2, relu: false, ...SETTINGS };
  const given = inputs(shape.rows, shape.channels, new Random(3), 1e4);
  const [x, dy, scale, shift, movingMean, movingVariance] = Object.values(given).map((values) =>
    gpu.upload(values)
  );
  const parts = gpu.createBuffer(8 * batchNormGroups(shape, gpu) * shape.channels);
  const stats = gpu.createBuffer(8 * shape.channels);
  const y = gpu.createBuffer(4 * shape.rows * shape.channels);
  const buffers = { x: x!, scale: scale!, shift: shift!, parts, stats, y };
  const moving = { movingMean: movingMean!, movingVariance: movingVariance! };
  batchNorm(gpu, { ...buffers, ...moving }, shape);
  const actual = new Float32Array(await gpu.read(y));
  // The inputs themselves are only good to 1e4 · 2^-24, a thousandth of a deviation.
  const close = { relative: 1e-3, what: "y around 10,000, seed 3" };
  assertClose(actual, naive.batchNorm(given.x, given, shape).y, close);
  gpu.destroy(x!, dy!, scale!, shift!, movingMean!, movingVariance!, parts, stats, y);
});

gpuKindsTest("batchNorm() lets NaN of both signs through to all of their channels", async (gpu) => {
  const shape = { rows: 5, channels: 3, relu: true, ...SETTINGS };
  const given = inputs(shape.rows, shape.channels, new Random(2));
  given.x[6] = NaN;
  given.x.set(NEGATIVE_NAN, 7);
  const expected = naive.batchNorm(given.x, given, shape).y;
  const [x, dy, scale, shift, movingMean, movingVariance] = Object.values(given).map((values) =>
    gpu.upload(values)
  ) as [GPUBuffer, GPUBuffer, GPUBuffer, GPUBuffer, GPUBuffer, GPUBuffer];
  const [parts, stats, y] = [24, 24, 60].map((bytes) => gpu.createBuffer(bytes)) as [
    GPUBuffer,
    GPUBuffer,
    GPUBuffer,
  ];
  batchNorm(gpu, { x, scale, shift, parts, stats, movingMean, movingVariance, y }, shape);
  const where = (values: ArrayLike<number>) => Array.from(values, Number.isNaN);
  assert.deepEqual(where(new Float32Array(await gpu.read(y))), where(expected));
  gpu.destroy(x, dy, scale, shift, movingMean, movingVariance, parts, stats, y);
});

for (const channels of [1, 3, 4]) {
  gpuKindsTest(`the ReLU of ${channels} channels keeps every NaN and gives no −0`, async (gpu) => {
    const x = gpu.upload(RELU_INPUTS);
    // A mean of 0, and factors of 1.
    const ones = Array<number>(channels).fill(1);
    const stats = gpu.upload(Float32Array.of(...ones.map(() => 0), ...ones));
    const [scale, shift] = [gpu.upload(Float32Array.from(ones)), gpu.createBuffer(4 * channels)];
    const y = gpu.createBuffer(x.size);
    const shape = { rows: RELU_INPUTS.length / channels, channels, relu: true, ...SETTINGS };
    normaliseOnGpu(gpu, { x, scale, shift, stats, y }, shape);
    assertRelu(new Float32Array(await gpu.read(y)));
    gpu.destroy(x, scale, shift, stats, y);
  });
}

Deno.test("assertRelu() fails where a NaN is hidden or a −0 is left", () => {
  const right = [NaN, NaN, Infinity, 0, RELU_INPUTS[4]!, 3, 0, 0, 0, 0, 0, 0];
  assertRelu(Float32Array.from(right));
  for (const [at, wrong] of [[0, 0], [1, 0], [6, -0], [11, NaN]] as const) {
    assert.throws(() => assertRelu(Float32Array.from(right.with(at, wrong))));
  }
});

Deno.test("the twin's gradients of a normalisation are the derivatives of its result", () => {
  const shape = { rows: 9, channels: 3, relu: true, ...SETTINGS };
  const random = new Random(11);
  const array = (length: number) => Float64Array.from({ length }, () => random.normal());
  const x = array(27);
  const dy = array(27);
  const given = {
    scale: array(3),
    shift: array(3),
    movingMean: array(3),
    movingVariance: array(3),
  };
  const value = () => naive.batchNorm(x, given, shape).y.reduce((sum, y, i) => sum + y * dy[i]!, 0);
  const { dx, dscale, dshift } = naive.batchNormGrad(x, dy, given, shape);
  const close = { relative: 1e-6, what: "central differences, seed 11" };
  assertClose(dx, derivatives(x, value), close);
  assertClose(dscale, derivatives(given.scale, value), close);
  assertClose(dshift, derivatives(given.shift, value), close);
});

for (const [rows, channels, relu] of [[1, 1, true], [64, 4, false], [257, 63, true]] as const) {
  const name = `${rows}x${channels}${relu ? " with ReLU" : ""}, seed ${rows}`;
  Deno.test(`the normalisation in f32 on the CPU equals the twin's: ${name}`, () => {
    const shape = { rows, channels, relu, ...SETTINGS };
    const given = inputs(rows, channels, new Random(rows));
    const statistics = batchStatistics(given.x, shape);
    const y = normalise(given.x, given.scale, given.shift, statistics, shape);
    const close = (what: string) => ({ relative: 1e-5, what: `${what} of ${name}` });
    assertClose(y, naive.batchNorm(given.x, given, shape).y, close("y"));
    const actual = normaliseGrad(given.x, y, given.dy, given.scale, statistics, shape);
    const expected = naive.batchNormGrad(given.x, given.dy, given, shape);
    assertClose(actual.dscale, expected.dscale, close("gradient of the scale"));
    assertClose(actual.dshift, expected.dshift, close("gradient of the shift"));
    if (rows > 1) assertClose(actual.dx, expected.dx, close("gradient of x"));
  });
}
