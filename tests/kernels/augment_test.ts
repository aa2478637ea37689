import assert from "node:assert/strict";
import { augment, type Change, packChanges, SCALED } from "../../kernels/augment.ts";
import { augment as naive } from "../../kernels/cpu/augment.ts";
import type { Gpu } from "../../kernels/webgpu/gpu.ts";
import { Random } from "../../pipeline/numbers/random.ts";
import { ResidentImages } from "../../pipeline/network/resident_images.ts";
import { gpuTest } from "../contexts/gpu_test_context.ts";

/** Changed images from those that are kept on the device, by their places. */
async function run(
  gpu: Gpu,
  kept: readonly Uint8Array[],
  places: readonly number[],
  changes: readonly Change[],
  size: { height: number; width: number },
): Promise<Float32Array> {
  using resident = await ResidentImages.upload(gpu, kept, size, (place) => kept[place]!);
  const batch = places.length;
  const target = gpu.createBuffer(12 * batch * size.height * size.width);
  const buffers = {
    changes: gpu.upload(packChanges(places, changes)),
    scaled: gpu.upload(SCALED),
    target,
  };
  augment(gpu, resident.chunks, buffers, { batch, ...size });
  const numbers = new Float32Array(await gpu.read(target));
  gpu.destroy(...Object.values(buffers));
  return numbers;
}

Deno.test("the twin shifts, mirrors and scales by hand", () => {
  // One row of three pixels: all of a pixel's channels alike.
  const image = Uint8Array.of(0, 0, 0, 51, 51, 51, 255, 255, 255);
  const shown = (change: Change) =>
    [...naive([image], [change], { height: 1, width: 3 })].filter((_, i) => i % 3 === 0);
  const [a, b, c] = [-1, Math.fround(-0.6), 1] as const;
  assert.deepEqual(shown({ dy: 0, dx: 0, flip: false }), [a, b, c]);
  assert.deepEqual(shown({ dy: 5, dx: 1, flip: false }), [b, c, c]);
  assert.deepEqual(shown({ dy: -1, dx: 0, flip: true }), [c, b, a]);
  assert.deepEqual(shown({ dy: 0, dx: -1, flip: true }), [b, a, a]);
});

gpuTest("augment() scales every byte to the twin's bits", async (gpu) => {
  const size = { height: 16, width: 16 };
  const image = Uint8Array.from({ length: 768 }, (_, i) => i % 256);
  const none = { dy: 0, dx: 0, flip: false };
  assert.deepEqual(await run(gpu, [image], [0], [none], size), naive([image], [none], size));
});

for (const [height, width] of [[1, 1], [5, 7], [63, 65], [64, 64]] as const) {
  gpuTest(`augment() equals the twin bit for bit: ${height}x${width}, seed 3`, async (gpu) => {
    const random = new Random(3);
    const size = { height, width };
    const kept = Array.from(
      { length: 9 },
      () => Uint8Array.from({ length: height * width * 3 }, () => random.integer(256)),
    );
    const places = Array.from({ length: 13 }, () => random.integer(9));
    const changes = places.map(() => ({
      dy: random.integer(9) - 4,
      dx: random.integer(9) - 4,
      flip: random.next() < 0.5,
    }));
    const expected = naive(places.map((place) => kept[place]!), changes, size);
    assert.deepEqual(await run(gpu, kept, places, changes, size), expected, "in one chunk");
    const { bindingLimit } = gpu;
    try {
      // Few images a chunk, where the alignment of bindings allows, and a batch of several runs.
      const least = gpu.device.limits.minStorageBufferOffsetAlignment;
      gpu.bindingLimit = 12 * height * width * Math.max(1, least / 4);
      assert.deepEqual(await run(gpu, kept, places, changes, size), expected, "in runs");
    } finally {
      gpu.bindingLimit = bindingLimit;
    }
  });
}
