import assert from "node:assert/strict";
import { conv2d, conv2dInputGrad } from "../../../kernels/convolution/conv2d.ts";
import { type Conv2dShape, padChannels } from "../../../kernels/convolution/conv2d_shape.ts";
import { conv2dFilterGrad } from "../../../kernels/convolution/conv2d_filter_grad.ts";
import * as naive from "../../../kernels/cpu/conv2d.ts";
import type { Gpu } from "../../../kernels/webgpu/gpu.ts";
import { suitsWinograd } from "../../../kernels/convolution/winograd.ts";
import { Random } from "../../../pipeline/numbers/random.ts";
import { assertClose } from "../../comparing/compare.ts";
import { derivatives } from "../../comparing/derivatives.ts";
import { gpuTest } from "../../contexts/gpu_test_context.ts";
import { conv2dShape, randomNumbers } from "./convolution_context.ts";
import { filterGradTolerance, resultTolerance } from "./winograd_tolerance.ts";

/** Sums of up to a few thousand f32 products in another order than the twin's. */
const TOLERANCE = 2e-6;

/**
 * Channels of 1, 3, 63, 64, 65; one pixel; one row; filters as large as the image; split sums; 3x3 filters
 * of many channels, which take Winograd's way, and of few.
 */
const SHAPES = [
  [1, 3, 3, 1, 1, 3, 3],
  [2, 9, 8, 3, 5, 3, 3],
  [1, 7, 20, 4, 40, 7, 7],
  [3, 5, 6, 63, 33, 3, 3],
  [1, 6, 5, 64, 64, 3, 3],
  [2, 4, 4, 65, 32, 3, 3],
  [1, 1, 1, 4, 8, 1, 1],
  [5, 1, 1, 1000, 40, 1, 1],
  [33, 1, 1, 12, 4, 1, 1],
  [6, 1, 1, 33, 7, 1, 1],
  [2, 1, 1, 270_000, 4, 1, 1],
  [17, 1, 1, 12, 400, 1, 1],
  [2, 6, 9, 8, 16, 2, 5],
  [2, 5, 6, 65, 33, 2, 3],
].map(conv2dShape);

/** Runs a kernel with two inputs and one output, and frees the buffers. */
async function run(
  gpu: Gpu,
  kernel: typeof conv2d,
  inputs: readonly [Float32Array<ArrayBuffer>, Float32Array<ArrayBuffer>],
  shape: Conv2dShape,
  size: number,
): Promise<Float32Array> {
  const [a, b] = [gpu.upload(inputs[0]), gpu.upload(inputs[1])];
  const y = gpu.createBuffer(4 * size);
  kernel(gpu, [a, b, y], shape);
  const result = new Float32Array(await gpu.read(y, 4 * size));
  gpu.destroy(a, b, y);
  return result;
}

gpuTest("conv2d() gives the sums computed by hand", async (gpu) => {
  // One image 2x3, two channels; a 2x2 filter that adds channel 0 and subtracts channel 1.
  const x = Float32Array.of(1, 10, 2, 20, 3, 30, 4, 40, 5, 50, 6, 60);
  const f = Float32Array.of(1, -1, 1, -1, 1, -1, 1, -1);
  const shape = conv2dShape([1, 2, 3, 2, 1, 2, 2]);
  const y = await run(gpu, conv2d, [x, f], shape, 2);
  assert.deepEqual([...y], [12 - 120, 16 - 160]);
});

for (const [seed, shape] of SHAPES.entries()) {
  const { batch, height, width, channels, filters, kernelHeight, kernelWidth } = shape;
  const name =
    `${batch}x${height}x${width}x${channels} * ${kernelHeight}x${kernelWidth}x${filters}`;
  gpuTest(`conv2d() and its gradients equal the twin's: ${name}, seed ${seed}`, async (gpu) => {
    const random = new Random(seed);
    const x = randomNumbers(random, batch * height * width * channels);
    const f = randomNumbers(random, kernelHeight * kernelWidth * channels * filters);
    const outSize = batch * (height - kernelHeight + 1) * (width - kernelWidth + 1) * filters;
    const dy = randomNumbers(random, outSize);
    const close = (what: string, ofWinograd: number) => ({
      relative: suitsWinograd(padChannels(shape)) ? ofWinograd : TOLERANCE,
      what: `${what} of ${name}, seed ${seed}`,
    });

    const y = await run(gpu, conv2d, [x, f], shape, outSize);
    assertClose(y, naive.conv2d(x, f, shape), close("result", resultTolerance(shape)));
    const dx = await run(gpu, conv2dInputGrad, [dy, f], shape, x.length);
    assertClose(
      dx,
      naive.conv2dInputGrad(dy, f, shape),
      close("input gradient", resultTolerance({ channels: filters })),
    );
    const g = await run(gpu, conv2dFilterGrad, [x, dy], shape, f.length);
    assertClose(
      g,
      naive.conv2dFilterGrad(x, dy, shape),
      close("filter gradient", filterGradTolerance(shape)),
    );
  });
}

gpuTest("conv2d() refuses a filter that is larger than the image", (gpu) => {
  const buffer = gpu.createBuffer(4);
  assert.throws(
    () => conv2d(gpu, [buffer, buffer, buffer], conv2dShape([1, 4, 4, 1, 1, 5, 5])),
    new RangeError("Cannot convolve: a 5x5 filter is larger than the 4x4 image"),
  );
  gpu.destroy(buffer);
});

Deno.test("the twin's gradients are the derivatives of the twin's result", () => {
  const shape = conv2dShape([2, 4, 5, 2, 3, 3, 2]);
  const random = new Random(7);
  const x = Float64Array.from({ length: 2 * 4 * 5 * 2 }, () => random.normal());
  const f = Float64Array.from({ length: 3 * 2 * 2 * 3 }, () => random.normal());
  const dy = Float64Array.from({ length: 2 * 2 * 4 * 3 }, () => random.normal());
  const value = () => naive.conv2d(x, f, shape).reduce((sum, y, i) => sum + y * dy[i]!, 0);
  const close = { relative: 1e-8, what: "central differences, seed 7" };
  assertClose(naive.conv2dInputGrad(dy, f, shape), derivatives(x, value), close);
  assertClose(naive.conv2dFilterGrad(x, dy, shape), derivatives(f, value), close);
});
