import assert from "node:assert/strict";
import type { Gpu } from "../../../kernels/webgpu/gpu.ts";
import * as naive from "../../../kernels/cpu/conv2d.ts";
import type { Conv2dShape } from "../../../kernels/convolution/conv2d_shape.ts";
import { winograd, winogradFilterGrad } from "../../../kernels/convolution/winograd.ts";
import { Random } from "../../../pipeline/numbers/random.ts";
import { assertClose } from "../../comparing/compare.ts";
import { gpuTest } from "../../contexts/gpu_test_context.ts";
import { filterGradTolerance, resultTolerance } from "./winograd_tolerance.ts";

type Numbers = Float32Array<ArrayBuffer>;

/** Runs one of the two kernels and frees the buffers. */
async function run(
  gpu: Gpu,
  kernel: typeof winogradFilterGrad,
  inputs: readonly [Numbers, Numbers],
  shape: Conv2dShape,
  size: number,
): Promise<Float32Array> {
  const [a, b] = [gpu.upload(inputs[0]), gpu.upload(inputs[1])];
  const out = gpu.createBuffer(4 * size);
  kernel(gpu, [a, b, out], shape);
  const result = new Float32Array(await gpu.read(out, 4 * size));
  gpu.destroy(a, b, out);
  return result;
}

function shapeOf([batch, height, width, channels, filters]: readonly number[]): Conv2dShape {
  return {
    batch: batch!,
    height: height!,
    width: width!,
    channels: channels!,
    filters: filters!,
    kernelHeight: 3,
    kernelWidth: 3,
  };
}

gpuTest("winograd() and its filter gradient give the sums computed by hand", async (gpu) => {
  // One 7x6 image, so 5x4 outputs: a tile and a row of the next. Channel 0 counts the pixels; the others
  // are 1 and have no weights.
  const shape = shapeOf([1, 7, 6, 4, 4]);
  const x = Float32Array.from({ length: 7 * 6 * 4 }, (_, i) => i % 4 === 0 ? i / 4 : 1);
  // Filter 0 takes the pixel one down and two to the right, filter 1 adds all nine.
  const f = new Float32Array(9 * 4 * 4);
  for (let tap = 0; tap < 9; tap++) f[tap * 16 + 1] = 1;
  f[(1 * 3 + 2) * 16] = 1;
  const outputs = Array.from({ length: 20 }, (_, i) => (i >> 2) * 6 + i % 4);
  const y = await run(gpu, winograd, [x, f], shape, 20 * 4);
  const expected = outputs.flatMap((at) => [at + 8, 9 * (at + 7), 0, 0]);
  assertClose(y, expected, { relative: resultTolerance(shape), what: "result" });

  // A gradient of 1 in channel 2 sums the image's pixels under each tap.
  const dy = Float32Array.from({ length: 20 * 4 }, (_, i) => i % 4 === 2 ? 1 : 0);
  const g = await run(gpu, winogradFilterGrad, [x, dy], shape, f.length);
  const sum = outputs.reduce((sum, at) => sum + at, 0);
  const taps = Array.from(
    { length: 9 },
    (_, tap) => sum + 20 * (Math.floor(tap / 3) * 6 + tap % 3),
  );
  const gradients = taps.flatMap((tap) => [tap, 20, 20, 20].flatMap((weight) => [0, 0, weight, 0]));
  assertClose(g, gradients, { relative: filterGradTolerance(shape), what: "filter gradient" });
});

/** One tile; tiles with one row or column; more tiles than are made at a time. */
const SHAPES = [
  [1, 3, 3, 4, 4],
  [3, 7, 4, 8, 12],
  [2, 11, 13, 64, 20],
  [1, 102, 102, 24, 24],
].map(shapeOf);

for (const [seed, shape] of SHAPES.entries()) {
  const { batch, height, width, channels, filters } = shape;
  const name = `${batch}x${height}x${width}x${channels} * 3x3x${filters}`;
  gpuTest(
    `winograd() and its filter gradient equal the twin's: ${name}, seed ${seed}`,
    async (gpu) => {
      const random = new Random(seed);
      const numbers = (length: number) => Float32Array.from({ length }, () => random.next() - 0.5);
      const x = numbers(batch * height * width * channels);
      const f = numbers(9 * channels * filters);
      const dy = numbers(batch * (height - 2) * (width - 2) * filters);
      const result = { relative: resultTolerance(shape), what: `result of ${name}, seed ${seed}` };
      const [y, g] = [naive.conv2d(x, f, shape), naive.conv2dFilterGrad(x, dy, shape)];
      assertClose(await run(gpu, winograd, [x, f], shape, y.length), y, result);
      const gradient = { ...result, relative: filterGradTolerance(shape) };
      assertClose(await run(gpu, winogradFilterGrad, [x, dy], shape, g.length), g, gradient);

      // One tap of thousands, and one number of the gradient, that is off by a hundredth.
      const off = (numbers: Numbers) =>
        numbers.map((number, i) => i === 0 ? number + 0.01 : number);
      const wrong = await run(gpu, winograd, [x, off(f)], shape, y.length);
      assert.throws(() => assertClose(wrong, y, result), /numbers are off by/);
      const wrongToo = await run(gpu, winogradFilterGrad, [x, off(dy)], shape, g.length);
      assert.throws(() => assertClose(wrongToo, g, gradient), /numbers are off by/);
    },
  );
}
