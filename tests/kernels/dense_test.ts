import assert from "node:assert/strict";
import * as naive from "../../kernels/cpu/conv2d.ts";
import { dense, denseInputGrad, type DenseShape, denseWeightGrad } from "../../kernels/dense.ts";
import {
  asDenseTiled,
  denseInputGradTiled,
  denseTiled,
  denseWeightGradTiled,
  divideDense,
} from "../../kernels/dense_tiled.ts";
import type { Gpu } from "../../kernels/webgpu/gpu.ts";
import { sumSplits } from "../../kernels/convolution/sum_splits.ts";
import { Random } from "../../pipeline/numbers/random.ts";
import { assertClose } from "../comparing/compare.ts";
import { conv2dShape, randomNumbers } from "./convolution/convolution_context.ts";
import { gpuTest } from "../contexts/gpu_test_context.ts";

// Random shapes of the kernels for software are in conv2d_test.ts: a product is a convolution of images of
// one pixel.

type Numbers = Float32Array<ArrayBuffer>;

/** The three products of a layer. */
type Layer = readonly [typeof denseTiled, typeof denseInputGradTiled, typeof denseWeightGradTiled];

const FOR_SOFTWARE: Layer = [dense, denseInputGrad, denseWeightGrad];
const FOR_HARDWARE: Layer = [denseTiled, denseInputGradTiled, denseWeightGradTiled];

/** y, dx and g of a layer. */
async function run(
  gpu: Gpu,
  layer: Layer,
  numbers: Record<"x" | "w" | "dy", Numbers>,
  shape: DenseShape,
): Promise<[Float32Array, Float32Array, Float32Array]> {
  const [x, w, dy] = [numbers.x, numbers.w, numbers.dy].map((one) => gpu.upload(one)) as [
    GPUBuffer,
    GPUBuffer,
    GPUBuffer,
  ];
  const [y, dx, g] = [dy, x, w].map(({ size }) => gpu.createBuffer(size)) as [
    GPUBuffer,
    GPUBuffer,
    GPUBuffer,
  ];
  layer[0](gpu, [x, w, y], shape);
  layer[1](gpu, [dy, w, dx], shape);
  layer[2](gpu, [x, dy, g], shape);
  const read = async (buffer: GPUBuffer) => new Float32Array(await gpu.read(buffer));
  const results = [await read(y), await read(dx), await read(g)] as const;
  gpu.destroy(x, w, dy, y, dx, g);
  return [...results];
}

for (const [adapter, layer] of [["software", FOR_SOFTWARE], ["hardware", FOR_HARDWARE]] as const) {
  gpuTest(
    `dense() and its gradients for ${adapter} give the sums computed by hand`,
    async (gpu) => {
      const row = Float32Array.of(1, 2, 3, 4);
      // Column n of the weights is n + 1 in the last row and 1 above.
      const w = Float32Array.of(...Array(12).fill(1), 1, 2, 3, 4);
      const shape = { rows: 1, inputs: 4, outputs: 4 };
      const [y, dx, g] = await run(gpu, layer, { x: row, w, dy: row }, shape);
      assert.deepEqual([...y], [6 + 4, 6 + 8, 6 + 12, 6 + 16]);
      assert.deepEqual([...dx], [10, 10, 10, 1 + 4 + 9 + 16]);
      assert.deepEqual([...g], [1, 2, 3, 4].flatMap((x) => [x, 2 * x, 3 * x, 4 * x]));
    },
  );
}

/**
 * [B, K, N]: rows around the eight of an invocation and the 64 of a workgroup; one vector and an odd number of
 * them each way; rows of weights in several chunks; columns in several blocks, the last one narrower; splits.
 */
const SHAPES = [
  [1, 4, 4],
  [7, 36, 40],
  [9, 63 * 4, 12],
  [63, 65 * 4, 60],
  [64, 20, 64],
  [5, 132, 400],
  [3, 64, 132],
  [1, 20_000, 40],
  [8, 6000, 12],
] as const;

/** Sums of up to some thousand f32 products in another order than the twin's. */
const TOLERANCE = 2e-6;

for (const [seed, [rows, inputs, outputs]] of SHAPES.entries()) {
  const name = `${rows}x${inputs} · ${outputs}, seed ${seed}`;
  gpuTest(`denseTiled() and its gradients equal the twin's: ${name}`, async (gpu) => {
    const random = new Random(seed);
    const [x, w, dy] = [rows * inputs, inputs * outputs, rows * outputs].map((length) =>
      randomNumbers(random, length)
    ) as [Numbers, Numbers, Numbers];
    const shape = conv2dShape([rows, 1, 1, inputs, outputs, 1, 1]);
    assert.deepEqual(asDenseTiled(shape), { rows, inputs, outputs });
    const expected = {
      "y": naive.conv2d(x, w, shape),
      "dx": naive.conv2dInputGrad(dy, w, shape),
      "g": naive.conv2dFilterGrad(x, dy, shape),
    };
    const actual = await run(gpu, FOR_HARDWARE, { x, w, dy }, { rows, inputs, outputs });
    Object.entries(expected).forEach(([what, numbers], index) =>
      assertClose(actual[index]!, numbers, { relative: TOLERANCE, what: `${what} of ${name}` })
    );
  });
}

gpuTest("denseTiled() gives the same bits again", async (gpu) => {
  const random = new Random(3);
  const numbers = {
    x: randomNumbers(random, 8 * 6000),
    w: randomNumbers(random, 6000 * 12),
    dy: randomNumbers(random, 8 * 12),
  };
  const shape = { rows: 8, inputs: 6000, outputs: 12 };
  const first = await run(gpu, FOR_HARDWARE, numbers, shape);
  assert.deepEqual(await run(gpu, FOR_HARDWARE, numbers, shape), first);
});

Deno.test("asDenseTiled() takes products of few rows by fours and nothing else", () => {
  assert.equal(asDenseTiled(conv2dShape([65, 1, 1, 8, 8, 1, 1])), null);
  assert.equal(asDenseTiled(conv2dShape([2, 1, 1, 6, 8, 1, 1])), null);
  assert.equal(asDenseTiled(conv2dShape([2, 2, 1, 8, 8, 1, 1])), null);
  assert.equal(asDenseTiled(conv2dShape([2, 2, 2, 8, 8, 2, 2])), null);
});

Deno.test("divideDense() fills a large device and keeps the partial sums few", () => {
  // The paper preset's layer: the partial sums are 649 KB beside weights of 47 MB.
  assert.deepEqual(divideDense({ rows: 8, inputs: 291840, outputs: 40 }), {
    ...{ blocks: 1, columns: 40, groups: 1, lanes: 16, step: 576, splits: 507 },
  });
  for (const rows of [1, 2, 8, 9, 33, 64]) {
    for (const outputs of [4, 40, 100, 132, 4000]) {
      const inputs = 50_840;
      const { blocks, columns, groups, lanes, step, splits } = divideDense({
        rows,
        inputs,
        outputs,
      });
      assert(columns * blocks >= outputs && columns * (blocks - 1) < outputs);
      assert(groups * lanes * columns / 4 <= 256 && groups * 8 >= rows);
      assert(step * splits >= inputs && step * (splits - 1) < inputs && step % 4 === 0);
      assert(splits === 1 || 16 * splits * rows <= inputs, `${splits} splits of ${rows} rows`);
    }
  }
});

gpuTest("sumSplits() adds the parts as the twin does, however many", async (gpu) => {
  const random = new Random(9);
  for (const splits of [1, 15, 16, 33, 100]) {
    for (const length of [1, 3, 63, 65, 36, 260]) {
      const numbers = randomNumbers(random, splits * length);
      const expected = new Float64Array(length);
      numbers.forEach((number, i) => expected[i % length]! += number);
      const [parts, y] = [gpu.upload(numbers), gpu.createBuffer(4 * length)];
      sumSplits(gpu, [parts, y], { splits, length }, { shared: true });
      const actual = new Float32Array(await gpu.read(y, 4 * length));
      gpu.destroy(parts, y);
      const what = `${splits} parts of ${length}, seed 9`;
      assertClose(actual, expected, { relative: TOLERANCE, what });
    }
  }
});
