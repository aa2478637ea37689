import assert from "node:assert/strict";
import * as naive from "../../kernels/cpu/max_pool.ts";
import type { Gpu } from "../../kernels/webgpu/gpu.ts";
import { maxPool, maxPoolGrad, type MaxPoolShape } from "../../kernels/max_pool.ts";
import { Random } from "../../pipeline/numbers/random.ts";
import { gpuTest } from "../contexts/gpu_test_context.ts";

const SEED = 9;

/** Both passes on the device; whatever they leave out stays NaN. */
async function onDevice(
  gpu: Gpu,
  given: Record<"x" | "dy", Float32Array<ArrayBuffer>>,
  shape: MaxPoolShape,
) {
  const { x, dy } = given;
  const nan = (length: number) => gpu.upload(new Float32Array(length).fill(NaN));
  const buffers = {
    ...{ x: gpu.upload(x), y: nan(dy.length) },
    ...{ dy: gpu.upload(dy), dx: nan(x.length) },
  };
  maxPool(gpu, buffers, shape);
  maxPoolGrad(gpu, buffers, shape);
  const [y, dx] = await Promise.all([gpu.read(buffers.y), gpu.read(buffers.dx)]);
  gpu.destroy(...Object.values(buffers));
  return { y: new Float32Array(y!), dx: new Float32Array(dx!) };
}

gpuTest("max pooling on the device gives the sums computed by hand", async (gpu) => {
  // One image 3x5 of one channel: two windows, the second with its largest twice, the rest left over.
  const x = Float32Array.of(1, 9, 3, 3, 7, 4, 2, 3, 3, 8, 5, 6, 7, 8, 9);
  const shape = { batch: 1, height: 3, width: 5, channels: 1 };
  const { y, dx } = await onDevice(gpu, { x, dy: Float32Array.of(-2, 5) }, shape);
  assert.deepEqual([...y], [9, 3]);
  assert.deepEqual([...dx], [0, -2, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
});

for (
  const [batch, height, width, channels] of [
    [2, 4, 6, 4],
    [3, 7, 9, 8],
    [1, 2, 3, 5],
    [2, 5, 70, 12],
  ] as const
) {
  const name = `${batch}x${height}x${width}x${channels}, seed ${SEED}`;
  gpuTest(`max pooling on the device equals the twin: ${name}`, async (gpu) => {
    const random = new Random(SEED);
    const shape = { batch, height, width, channels };
    // Of few values, so that many windows have several largest.
    const x = Float32Array.from(
      { length: batch * height * width * channels },
      () => random.integer(4) - 2,
    );
    const { y, from } = naive.maxPool(x, shape);
    const dy = Float32Array.from(y, () => random.normal());
    const actual = await onDevice(gpu, { x, dy }, shape);
    assert.deepEqual(actual.y, Float32Array.from(y), name);
    assert.deepEqual(actual.dx, Float32Array.from(naive.maxPoolGrad(dy, from, x.length)), name);
  });
}
