import assert from "node:assert/strict";
import type { Conv2dShape } from "../../../kernels/convolution/conv2d_shape.ts";
import { familyOf, type Operation, useFamily } from "../../../kernels/convolution.ts";
import * as naive from "../../../kernels/cpu/conv2d.ts";
import type { Gpu } from "../../../kernels/webgpu/gpu.ts";
import {
  DEFAULT_TILE,
  divide,
  type Tile,
  tileName,
  TILES,
} from "../../../kernels/convolution/tiles.ts";
import { Random } from "../../../pipeline/numbers/random.ts";
import { assertClose } from "../../comparing/compare.ts";
import { conv2dShape, randomNumbers, runConvolution } from "./convolution_context.ts";
import { gpuTest } from "../../contexts/gpu_test_context.ts";

/** Sums of up to a few thousand f32 products in another order than the twin's. */
const F32 = 2e-6;

/** Factors rounded to 11 bits, which errs by up to 2^-12 each; a sum's errors seldom agree. */
const F16 = 5e-4;

/** The smallest tile: it compiles fastest. */
const SMALL = TILES.at(-1)!;

/** Compares an operation and both gradients with the twin's. */
async function compare(
  gpu: Gpu,
  shape: Conv2dShape,
  tile: Tile,
  seed: number,
  relative: number,
  gradientSize = 1,
): Promise<void> {
  const { batch, height, width, channels, filters, kernelHeight, kernelWidth } = shape;
  const random = new Random(seed);
  const x = randomNumbers(random, batch * height * width * channels);
  const f = randomNumbers(random, kernelHeight * kernelWidth * channels * filters);
  const outSize = batch * (height - kernelHeight + 1) * (width - kernelWidth + 1) * filters;
  const dy = randomNumbers(random, outSize).map((value) => gradientSize * value);
  const cases = [
    ["conv2d", [x, f], naive.conv2d(x, f, shape)],
    ["conv2dInputGrad", [dy, f], naive.conv2dInputGrad(dy, f, shape)],
    ["conv2dFilterGrad", [x, dy], naive.conv2dFilterGrad(x, dy, shape)],
  ] as const;
  for (const [operation, inputs, expected] of cases) {
    const actual = await runConvolution(gpu, operation, inputs, shape, expected.length, tile);
    assertClose(actual, expected, {
      relative,
      what: `${operation} with ${tileName(tile)}, seed ${seed}`,
    });
  }
}

gpuTest("the tiled convolution gives the sums computed by hand", async (gpu) => {
  // One image 2x3, two channels; a 2x2 filter that adds channel 0 and subtracts channel 1.
  const x = Float32Array.of(1, 10, 2, 20, 3, 30, 4, 40, 5, 50, 6, 60);
  const f = Float32Array.of(1, -1, 1, -1, 1, -1, 1, -1);
  const shape = conv2dShape([1, 2, 3, 2, 1, 2, 2]);
  const run = (operation: Operation, inputs: readonly Float32Array<ArrayBuffer>[], size: number) =>
    runConvolution(gpu, operation, inputs, shape, size, SMALL);
  assert.deepEqual([...await run("conv2d", [x, f], 2)], [12 - 120, 16 - 160]);
  // The middle column of the image lies under both places of the filter.
  const dx = await run("conv2dInputGrad", [Float32Array.of(1, 10), f], 12);
  assert.deepEqual([...dx], [1, -1, 11, -11, 10, -10, 1, -1, 11, -11, 10, -10]);
  const g = await run("conv2dFilterGrad", [x, Float32Array.of(1, 10)], 8);
  assert.deepEqual([...g], [21, 210, 32, 320, 54, 540, 65, 650]);
});

/** Channels of 1, 3, 63, 64, 65; one pixel; one row; filters as large as the image; split sums. */
const SHAPES = [
  [1, 3, 3, 1, 1, 3, 3],
  [2, 9, 8, 3, 5, 3, 3],
  [1, 7, 20, 4, 40, 7, 7],
  [1, 6, 5, 64, 64, 3, 3],
  [2, 4, 4, 65, 32, 3, 3],
  [5, 1, 1, 1000, 40, 1, 1],
  [17, 1, 1, 12, 400, 1, 1],
  [67, 1, 1, 1000, 40, 1, 1],
  [2, 6, 9, 8, 16, 2, 5],
  [9, 8, 8, 3, 5, 3, 3],
];

for (const [seed, sizes] of SHAPES.entries()) {
  gpuTest(`tiled convolutions equal the twin's: ${sizes.join("x")}, seed ${seed}`, async (gpu) => {
    await compare(gpu, conv2dShape(sizes), SMALL, seed, F32);
  });
}

for (const tile of TILES) {
  gpuTest(`every tile gives the twin's convolution: ${tileName(tile)}`, async (gpu) => {
    await compare(gpu, conv2dShape([3, 5, 6, 63, 133, 3, 3]), tile, 20, F32);
  });
}

gpuTest("rows of blocks that go together give the twin's convolution, seed 22", async (gpu) => {
  // 7, 10 and 11 rows of blocks, so that the last group is short, and 5 and 2 columns.
  await compare(gpu, conv2dShape([2, 12, 13, 36, 133, 3, 3]), { ...SMALL, group: 3 }, 22, F32);
});

for (const tile of [SMALL, DEFAULT_TILE]) {
  const half = { ...tile, half: true };
  gpuTest(`f16 tiles give the twin's convolution: ${tileName(half)}, seed 21`, async (gpu) => {
    if (!gpu.device.features.has("shader-f16")) return;
    // Gradients as small as those of a mean over the masks of a batch, far below what f16 resolves.
    await compare(gpu, conv2dShape([2, 6, 7, 19, 33, 3, 3]), half, 21, F16, 1e-6);
  });
}

gpuTest("useFamily() decides for a shape at any batch, else the kind of adapter does", (gpu) => {
  const shape = conv2dShape([1, 3, 3, 4, 4, 3, 3]);
  const fallback = gpu.isFallback ? "registers" : DEFAULT_TILE;
  assert.equal(familyOf(gpu, "conv2d", shape), fallback);
  useFamily(gpu, "conv2d", shape, SMALL);
  assert.equal(familyOf(gpu, "conv2d", { ...shape, batch: 5 }), SMALL);
  assert.equal(familyOf(gpu, "conv2d", { ...shape, filters: 8 }), fallback);
  assert.equal(familyOf(gpu, "conv2dInputGrad", shape), fallback);
  gpu.halfPrecision = true;
  assert.deepEqual(familyOf(gpu, "conv2dInputGrad", shape), { ...DEFAULT_TILE, half: true });
  gpu.halfPrecision = false;
});

Deno.test("every tile fits WebGPU's default limits and what the shaders ask of it", () => {
  for (const tile of TILES) {
    const { rows, columns, down, across } = tile;
    const bytes = 4 * 16 * (rows * down + columns * across);
    assert(bytes <= 16384, `${tileName(tile)} needs ${bytes} bytes of workgroup memory`);
    assert(down * across <= 256, `${tileName(tile)} has ${down * across} invocations`);
    // Vectors that an invocation loads a step.
    for (const loads of [4 * rows / across, 4 * columns / down]) assert([1, 2, 4].includes(loads));
  }
});

Deno.test("divide() splits long sums of small products and evens out their end", () => {
  // One block, whose long sums are shared out to four workgroups on each multiprocessor.
  const few = divide(DEFAULT_TILE, { rows: 40, columns: 40, inner: 132 * 4 * 160 });
  assert.deepEqual(few, { workgroups: [1, 1, 528], step: 160, splits: 528 });
  const layer = divide(DEFAULT_TILE, { rows: 64000, columns: 512, inner: 2700 });
  assert.deepEqual(layer, { workgroups: [8000, 1, 1], step: 2704, splits: 1 });
  // The filter's gradient from 512 to 512 channels: 576 blocks would leave 84 multiprocessors idle at the end.
  const uneven = divide(DEFAULT_TILE, { rows: 4608, columns: 512, inner: 61152 });
  assert.deepEqual(uneven, { workgroups: [576, 1, 2], step: 30576, splits: 2 });
  // A short sum is not worth a second copy of the result.
  assert.equal(divide(DEFAULT_TILE, { rows: 28000, columns: 40, inner: 216 }).splits, 1);
  // Of 36 products at once, each has its splits: as many as sums of 408 numbers are worth.
  const many = divide(SMALL, { rows: 4, columns: 8, inner: 408 }, 36);
  assert.deepEqual(many, { workgroups: [1, 1, 36 * 3], step: 144, splits: 3 });
  // A filter of 100 million weights cannot have a second copy within the limit.
  assert.equal(divide(DEFAULT_TILE, { rows: 1e4, columns: 1e4, inner: 1e6 }).splits, 1);
});
