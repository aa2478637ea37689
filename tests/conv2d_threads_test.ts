import * as naive from "../kernels/cpu/conv2d.ts";
import {
  conv2dFilterGradThreads,
  conv2dInputGradThreads,
  conv2dThreads,
} from "../kernels/cpu/conv2d_threads.ts";
import { type Conv2dShape, outputSize } from "../kernels/conv2d.ts";
import { WasmThreads } from "../kernels/wasm_threads.ts";
import { Random } from "../pipeline/random.ts";
import { assertClose } from "./compare.ts";

/** As of the GPU's kernels, but for products that are rounded once more where nothing is fused. */
const TOLERANCE = 2e-6;

/** Batch, height, width, C, N, KH, KW: runs and channels that fill no tile; one pixel; one thread's work. */
const SHAPES = [
  [1, 3, 3, 1, 1, 3, 3],
  [2, 9, 8, 3, 5, 3, 3],
  [1, 7, 20, 4, 40, 7, 7],
  [3, 5, 6, 63, 33, 3, 3],
  [1, 6, 5, 64, 64, 3, 3],
  [2, 4, 4, 65, 32, 3, 3],
  [5, 1, 1, 1000, 40, 1, 1],
  [2, 6, 9, 8, 16, 2, 5],
  [2, 40, 30, 5, 9, 3, 3],
] as const;

for (const counts of [1, 3]) {
  for (const [seed, sizes] of SHAPES.entries()) {
    const name = `${sizes}, ${counts} threads, seed ${seed}`;
    Deno.test(`convolution on WebAssembly threads equals the twin: ${name}`, async () => {
      using threads = await WasmThreads.start(counts);
      const [batch, height, width, channels, filters, kernelHeight, kernelWidth] = sizes;
      const shape: Conv2dShape = {
        ...{ batch, height, width, channels, filters, kernelHeight, kernelWidth },
      };
      const random = new Random(seed);
      const randoms = (length: number) => Float32Array.from({ length }, () => random.next() - 0.5);
      const [outHeight, outWidth] = outputSize(shape);
      const x = randoms(batch * height * width * channels);
      const f = randoms(kernelHeight * kernelWidth * channels * filters);
      const dy = randoms(batch * outHeight * outWidth * filters);
      const [y, dx, g] = [dy, x, f].map(({ length }) => new Float32Array(length)) as [
        Float32Array,
        Float32Array,
        Float32Array,
      ];
      conv2dThreads(threads, x, f, y, shape);
      conv2dInputGradThreads(threads, dy, f, dx, shape);
      conv2dFilterGradThreads(threads, x, dy, g, shape);
      const close = (what: string) => ({ relative: TOLERANCE, what: `${what} of ${name}` });
      assertClose(y, naive.conv2d(x, f, shape), close("y"));
      assertClose(dx, naive.conv2dInputGrad(dy, f, shape), close("dx"));
      assertClose(g, naive.conv2dFilterGrad(x, dy, shape), close("g"));
    });
  }
}
