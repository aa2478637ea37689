import assert from "node:assert/strict";
import { dense, denseInputGrad, denseWeightGrad } from "../kernels/dense.ts";
import { gpuTest } from "./gpu_test_context.ts";

// Random shapes are in conv2d_test.ts: a product is a convolution of images of one pixel.

gpuTest("dense() and its gradients give the sums computed by hand", async (gpu) => {
  const shape = { rows: 1, inputs: 4, outputs: 4 };
  const row = gpu.upload(Float32Array.of(1, 2, 3, 4));
  // Column n of the weights is n + 1 in the last row and 1 above.
  const weights = gpu.upload(Float32Array.of(...Array(12).fill(1), 1, 2, 3, 4));
  const [y, dx, g] = [16, 16, 64].map((bytes) => gpu.createBuffer(bytes)) as [
    GPUBuffer,
    GPUBuffer,
    GPUBuffer,
  ];
  dense(gpu, row, weights, y, shape);
  denseInputGrad(gpu, row, weights, dx, shape);
  denseWeightGrad(gpu, row, row, g, shape);
  const read = async (buffer: GPUBuffer) => [...new Float32Array(await gpu.read(buffer))];
  assert.deepEqual(await read(y), [6 + 4, 6 + 8, 6 + 12, 6 + 16]);
  assert.deepEqual(await read(dx), [10, 10, 10, 1 + 4 + 9 + 16]);
  assert.deepEqual(await read(g), [1, 2, 3, 4].flatMap((x) => [x, 2 * x, 3 * x, 4 * x]));
  gpu.destroy(row, weights, y, dx, g);
});
