import assert from "node:assert/strict";
import type { Conv2dShape } from "../../../kernels/convolution/conv2d_shape.ts";
import type { Operation } from "../../../kernels/convolution.ts";
import * as naive from "../../../kernels/cpu/conv2d.ts";
import { candidateFamilies } from "../../../kernels/tuning/families.ts";
import type { Gpu } from "../../../kernels/webgpu/gpu.ts";
import { DEFAULT_TILE, type Tile, tileName, TILES } from "../../../kernels/convolution/tiles.ts";
import { familyName } from "../../../kernels/tuning/tuning.ts";
import {
  convolveWinograd,
  suitsWinogradTiled,
} from "../../../kernels/convolution/winograd_tiled.ts";
import { Random } from "../../../pipeline/numbers/random.ts";
import { assertClose } from "../../comparing/compare.ts";
import { conv2dShape, randomNumbers, runConvolution } from "./convolution_context.ts";
import { gpuTest } from "../../contexts/gpu_test_context.ts";
import { filterGradTolerance, resultTolerance } from "./winograd_tolerance.ts";

/** The smallest tile: it compiles fastest. */
const SMALL: Tile = { ...TILES.at(-1)!, winograd: true };

/** An operation with the tile; `runBytes` as in {@linkcode convolveWinograd}. */
type Run = (
  operation: Operation,
  inputs: readonly Float32Array<ArrayBuffer>[],
  size: number,
) => Promise<Float32Array>;

/** Compares an operation and both gradients with the twin's, and one tap off by a hundredth. */
async function compare(run: Run, shape: Conv2dShape, seed: number): Promise<void> {
  const { batch, height, width, channels, filters } = shape;
  const random = new Random(seed);
  const x = randomNumbers(random, batch * height * width * channels);
  const f = randomNumbers(random, 9 * channels * filters);
  const dy = randomNumbers(random, batch * (height - 2) * (width - 2) * filters);
  const cases = [
    ["conv2d", x, f, naive.conv2d(x, f, shape), resultTolerance(shape)],
    [
      ...["conv2dInputGrad", dy, f, naive.conv2dInputGrad(dy, f, shape)] as const,
      resultTolerance({ channels: filters }),
    ],
    [
      ...["conv2dFilterGrad", x, dy, naive.conv2dFilterGrad(x, dy, shape)] as const,
      filterGradTolerance(shape),
    ],
  ] as const;
  for (const [operation, a, b, expected, relative] of cases) {
    const close = { relative, what: `${operation} by Winograd, seed ${seed}` };
    assertClose(await run(operation, [a, b], expected.length), expected, close);
    const off = b.map((number, i) => i === 0 ? number + 0.01 : number);
    const wrong = await run(operation, [a, off], expected.length);
    assert.throws(() => assertClose(wrong, expected, close), /numbers are off by/);
  }
}

gpuTest("Winograd's way for hardware gives the sums computed by hand", async (gpu) => {
  // One 3x4 image of ones with a 2 at the end, so 1x2 outputs: half of a tile. Tap t weighs t.
  const shape = conv2dShape([1, 3, 4, 1, 1, 3, 3]);
  const x = new Float32Array(12).fill(1);
  x[11] = 2;
  const f = Float32Array.from({ length: 9 }, (_, tap) => tap);
  const run = (operation: Operation, inputs: Float32Array<ArrayBuffer>[], size: number) =>
    runConvolution(gpu, operation, inputs, shape, size, SMALL);
  const close = { relative: 1e-6, what: "by hand" };
  assertClose(await run("conv2d", [x, f], 2), [36, 36 + 8], close);
  const dy = Float32Array.of(1, 10);
  const dx = [0, 1, 2 + 10, 20, 3, 4 + 30, 5 + 40, 50, 6, 7 + 60, 8 + 70, 80];
  assertClose(await run("conv2dInputGrad", [dy, f], 12), dx, close);
  const g = [...Array<number>(8).fill(11), 1 + 20];
  assertClose(await run("conv2dFilterGrad", [x, dy], 9), g, close);
});

/** One tile; channels of 1, 3, 63, 65; tiles with one row or column; split sums of a filter's gradient. */
const SHAPES = [
  [1, 3, 3, 1, 3, 3, 3],
  [3, 7, 4, 63, 65, 3, 3],
  [2, 68, 50, 4, 8, 3, 3],
].map(conv2dShape);

for (const [seed, shape] of SHAPES.entries()) {
  const name = Object.values(shape).join("x");
  gpuTest(
    `Winograd's way for hardware gives the twin's sums: ${name}, seed ${seed}`,
    (gpu) =>
      compare(
        (operation, inputs, size) => runConvolution(gpu, operation, inputs, shape, size, SMALL),
        shape,
        seed,
      ),
  );
}

gpuTest("Winograd's way gives the twin's sums in runs, by another tile, seed 9", async (gpu) => {
  const shape = conv2dShape([2, 9, 14, 12, 8, 3, 3]);
  // Five tiles of the 16 and 24 that there are.
  await compare(inRuns(gpu, shape, 5 * 36 * 4 * 12), shape, 9);
});

/** Runs of so many bytes, which begin within an image and go on in the next. */
function inRuns(gpu: Gpu, shape: Conv2dShape, runBytes: number): Run {
  return async (operation, inputs, size) => {
    const [a, b] = inputs.map((values) => gpu.upload(values)) as [GPUBuffer, GPUBuffer];
    const out = gpu.createBuffer(4 * size);
    convolveWinograd(gpu, operation, [a, b, out], shape, DEFAULT_TILE, runBytes);
    const result = new Float32Array(await gpu.read(out, 4 * size));
    gpu.destroy(a, b, out);
    return result;
  };
}

gpuTest("a tile for Winograd's way takes other filters too", async (gpu) => {
  const shape = conv2dShape([1, 2, 3, 1, 1, 2, 2]);
  assert(!suitsWinogradTiled(shape));
  const [x, f] = [Float32Array.of(1, 2, 3, 4, 5, 6), Float32Array.of(1, 0, 0, 1)];
  const y = await runConvolution(gpu, "conv2d", [x, f], shape, 2, SMALL);
  assert.deepEqual([...y], [1 + 5, 2 + 6]);
});

Deno.test("candidateFamilies() names few, Winograd first where it saves, and all by names of their own", () => {
  const names = (halfPrecision: boolean, operation: Operation, sizes: number[]) =>
    candidateFamilies({ isFallback: false, halfPrecision }, operation, conv2dShape(sizes))
      .map(familyName);
  const large = [8, 100, 80, 512, 512, 3, 3];
  const tiles = ["128x128, 8x8 each", "64x64, 8x4 each"];
  const winograd = tiles.map((name) => `winograd, ${name}`);
  assert.deepEqual(names(false, "conv2d", large), [...winograd, tiles[0], `${tiles[1]}, by 8`]);
  const half = [`${tiles[0]}, f16`, `${tiles[1]}, f16, by 8`];
  assert.deepEqual(names(true, "conv2d", large), [...winograd, ...half]);
  assert.deepEqual(names(false, "conv2d", [16, 109, 89, 3, 8, 7, 7]), [
    ...["128x32, 8x4 each", "64x64, 8x4 each"],
  ]);
  // Few channels: the transformations would take longer than what they save.
  for (const name of names(false, "conv2dInputGrad", [16, 51, 41, 8, 24, 3, 3])) {
    assert.doesNotMatch(name, /winograd/);
  }
  assert.deepEqual(names(false, "conv2d", [8, 1, 1, 291840, 40, 1, 1]), [tileName(DEFAULT_TILE)]);
  const software = { isFallback: true, halfPrecision: false };
  assert.deepEqual(candidateFamilies(software, "conv2d", conv2dShape(large)), ["registers"]);
});
