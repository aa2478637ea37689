import assert from "node:assert/strict";
import { batchNorm, batchNormGrad, batchNormGroups } from "../../../kernels/batch_norm.ts";
import {
  batchNormPool,
  batchNormPoolGrad,
  batchNormPoolGroups,
} from "../../../kernels/batch_norm_pool.ts";
import { convolve, type Family, type Operation } from "../../../kernels/convolution.ts";
import type { Gpu } from "../../../kernels/webgpu/gpu.ts";
import { jointLoss, jointLossParts } from "../../../kernels/joint_loss.ts";
import { part, runsOf } from "../../../kernels/webgpu/runs.ts";
import { familyName } from "../../../kernels/tuning/tuning.ts";
import { TILES } from "../../../kernels/convolution/tiles.ts";
import { Random } from "../../../pipeline/numbers/random.ts";
import { conv2dShape } from "../convolution/convolution_context.ts";
import { gpuTest } from "../../contexts/gpu_test_context.ts";

/** A device as {@linkcode runsOf} sees it. */
function deviceOf(bindingLimit: number, minStorageBufferOffsetAlignment: number): Gpu {
  const device = { limits: { minStorageBufferOffsetAlignment } };
  return { bindingLimit, device } as unknown as Gpu;
}

Deno.test("runsOf() takes a batch whole if it can, else in even runs that begin where they must", () => {
  const counts = (limit: number, batch: number, bound: number[], scratch: number[] = []) =>
    runsOf(deviceOf(limit, 32), batch, { bound, scratch }).map(({ count }) => count);
  assert.deepEqual(counts(100, 10, [10]), [10]);
  // 32 bytes an image: any image may begin a run.
  assert.deepEqual(counts(320, 11, [32]), [6, 5]);
  // Two images of 16 bytes make 32.
  assert.deepEqual(counts(160, 11, [16]), [6, 5]);
  assert.deepEqual(counts(170, 21, [16, 12]), [8, 8, 5]);
  // What is only copied need not begin anywhere.
  assert.deepEqual(counts(320, 11, [32], [80]), [4, 4, 3]);
  const runs = runsOf(deviceOf(320, 32), 11, { bound: [32] });
  assert.deepEqual(runs.map(({ first }) => first), [0, 6]);
  assert.throws(
    () => runsOf(deviceOf(100, 256), 40, { bound: [16] }),
    new RangeError("This adapter binds 100 bytes, less than 16 images or rows need"),
  );
});

/** Runs `record` on buffers with a binding limit and returns what it wrote, and the largest binding. */
async function withLimit(
  gpu: Gpu,
  limit: number,
  inputs: readonly (Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>)[],
  outputs: readonly number[],
  record: (...buffers: GPUBuffer[]) => void,
): Promise<{ written: Float32Array[]; largest: number }> {
  const { bindingLimit, device } = gpu;
  const given = inputs.map((values) => gpu.upload(values));
  const made = outputs.map((size) => gpu.createBuffer(4 * size));
  let largest = 0;
  const { createBindGroup } = device;
  device.createBindGroup = (descriptor) => {
    for (const { resource } of descriptor.entries) {
      const { buffer, size } = resource as GPUBufferBinding;
      if (given.includes(buffer) || made.includes(buffer)) {
        largest = Math.max(largest, size ?? buffer.size);
      }
    }
    return createBindGroup.call(device, descriptor);
  };
  gpu.bindingLimit = limit;
  try {
    record(...given, ...made);
  } finally {
    gpu.bindingLimit = bindingLimit;
    device.createBindGroup = createBindGroup;
  }
  const written: Float32Array[] = [];
  for (const buffer of made) written.push(new Float32Array(await gpu.read(buffer)));
  gpu.destroy(...given, ...made);
  return { written, largest };
}

/** Small whole numbers, whose sums are exact in whatever order. */
function wholeNumbers(random: Random, length: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length }, () => random.integer(9) - 4);
}

const FAMILIES: readonly Family[] = ["registers", TILES.at(-1)!];

for (
  const [sizes, limit] of [[[20, 6, 5, 8, 16, 3, 3], 15e3], [
    [100, 6, 5, 6, 9, 3, 3],
    60e3,
  ]] as const
) {
  for (const family of FAMILIES) {
    const name = `${sizes.join("x")}, ${familyName(family)}`;
    gpuTest(`convolve() by runs gives what it gives at once: ${name}, seed 1`, async (gpu) => {
      const shape = conv2dShape(sizes);
      const random = new Random(1);
      const x = wholeNumbers(random, shape.batch * 30 * shape.channels);
      const f = wholeNumbers(random, 9 * shape.channels * shape.filters);
      const dy = wholeNumbers(random, shape.batch * 12 * shape.filters);
      const cases: [Operation, Float32Array<ArrayBuffer>[], number][] = [
        ["conv2d", [x, f], dy.length],
        ["conv2dInputGrad", [dy, f], x.length],
        ["conv2dFilterGrad", [x, dy], f.length],
      ];
      for (const [operation, inputs, size] of cases) {
        const run = (bytes: number) =>
          withLimit(gpu, bytes, inputs, [size], (a, b, out) => {
            convolve(gpu, operation, [a!, b!, out!], shape, family);
          });
        const [whole, parts] = [await run(2 ** 27), await run(limit)];
        assert(parts.largest <= limit, `${parts.largest} bytes`);
        // In registers, x and dy are copied to textures and are not bound at all.
        const isBound = family !== "registers" || operation !== "conv2dFilterGrad";
        if (isBound) assert(whole.largest > parts.largest, `${whole.largest} bytes at once`);
        assert.deepEqual(parts.written, whole.written, operation);
      }
    });
  }
}

gpuTest(
  "batchNorm() and batchNormGrad() by runs give what they give at once, seed 2",
  async (gpu) => {
    const settings = { epsilon: 1e-5, momentum: 0.9 };
    const shape = { rows: 2600, channels: 8, relu: true, ...settings };
    const random = new Random(2);
    const array = (length: number) => Float32Array.from({ length }, () => random.normal());
    const inputs = [array(20800), array(20800), array(8), array(8)];
    const outputs = [20800, 20800, 8, 8, 8, 8, 16];
    const run = (limit: number) =>
      withLimit(gpu, limit, inputs, outputs, (...buffers) => {
        const [x, dy, scale, shift, y, dx, dscale, dshift, movingMean, movingVariance, stats] =
          buffers as [
            GPUBuffer,
            GPUBuffer,
            GPUBuffer,
            GPUBuffer,
            GPUBuffer,
            GPUBuffer,
            GPUBuffer,
            GPUBuffer,
            GPUBuffer,
            GPUBuffer,
            GPUBuffer,
          ];
        const parts = gpu.scratch("parts", 8 * batchNormGroups(shape) * 8);
        batchNorm(gpu, { x, scale, shift, parts, stats, movingMean, movingVariance, y }, shape);
        batchNormGrad(gpu, { x, dy, scale, shift, stats, parts, dshift, dscale, dx }, shape);
      });
    const [whole, parts] = [await run(2 ** 27), await run(40e3)];
    assert.equal(whole.largest, 4 * 20800);
    assert.equal(parts.largest, 4 * 256 * 8 * 4);
    assert.deepEqual(parts.written, whole.written);
  },
);

gpuTest("a pooled normalisation by runs gives what it gives at once, seed 5", async (gpu) => {
  const shape = { batch: 11, height: 9, width: 16, channels: 8, epsilon: 1e-5, momentum: 0.9 };
  const random = new Random(5);
  const array = (length: number) => Float32Array.from({ length }, () => random.normal());
  const [size, pooled] = [11 * 9 * 16 * 8, 11 * 4 * 8 * 8];
  const inputs = [array(size), array(pooled), array(8), array(8)];
  const run = (limit: number) =>
    withLimit(gpu, limit, inputs, [pooled, size, 8, 8, 8, 8, 16], (...buffers) => {
      const [x, dy, scale, shift, y, dx, dscale, dshift, movingMean, movingVariance, stats] =
        buffers as [
          GPUBuffer,
          GPUBuffer,
          GPUBuffer,
          GPUBuffer,
          GPUBuffer,
          GPUBuffer,
          GPUBuffer,
          GPUBuffer,
          GPUBuffer,
          GPUBuffer,
          GPUBuffer,
        ];
      const parts = gpu.scratch("parts", 8 * batchNormPoolGroups(shape) * 8);
      const given = { x, scale, shift, parts, stats };
      batchNormPool(gpu, { ...given, movingMean, movingVariance, y }, shape);
      batchNormPoolGrad(gpu, { ...given, dy, dshift, dscale, dx }, shape);
    });
  const [whole, parts] = [await run(2 ** 27), await run(20e3)];
  assert.equal(whole.largest, 4 * size);
  // Four images.
  assert.equal(parts.largest, 16 * 9 * 16 * 8);
  assert.deepEqual(parts.written, whole.written);
});

for (const maskLoss of ["mse", "bce", "bce+dice"] as const) {
  gpuTest(`jointLoss() by runs gives what it gives at once: ${maskLoss}, seed 3`, async (gpu) => {
    const shape = { batch: 17, cells: 64, attributes: 40, weight: 0.7, maskLoss };
    const random = new Random(3);
    const floats = (length: number) => Float32Array.from({ length }, () => random.normal());
    const words = (length: number) => Uint32Array.from({ length }, () => random.integer(2 ** 14));
    const maps = 17 * 64 * 40;
    const inputs = [floats(680), floats(maps), words(17 * 64), floats(4 * 680).map(Math.abs)];
    const run = (limit: number) =>
      withLimit(gpu, limit, inputs, [680, maps, 3], (...buffers) => {
        const [logits, maps, bits, targets, dlogits, dmaps, losses] = buffers as [
          ...[GPUBuffer, GPUBuffer, GPUBuffer, GPUBuffer, GPUBuffer, GPUBuffer, GPUBuffer],
        ];
        const parts = gpu.scratch("parts", 8 * jointLossParts(shape));
        const all = { logits, maps, bits, targets, dlogits, dmaps, parts, losses };
        jointLoss(gpu, all, shape);
      });
    const [whole, parts] = [await run(2 ** 27), await run(60e3)];
    assert.equal(whole.largest, 4 * maps);
    assert.equal(parts.largest, 5 * 4 * 64 * 40);
    assert.deepEqual(parts.written, whole.written);
  });
}

gpuTest("part() counts from the beginning of what it is given", (gpu) => {
  const buffer = gpu.createBuffer(1024);
  assert.deepEqual(part(buffer, { first: 2, count: 3 }, 32), { buffer, offset: 64, size: 96 });
  const binding = { buffer, offset: 256, size: 512 };
  assert.deepEqual(part(binding, { first: 1, count: 1 }, 32), { buffer, offset: 288, size: 32 });
  gpu.destroy(buffer);
});
