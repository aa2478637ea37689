import * as naive from "../../../kernels/cpu/conv2d.ts";
import {
  conv2dFilterGradThreads,
  conv2dInputGradThreads,
  conv2dThreads,
} from "../../../kernels/wasm/conv2d.ts";
import { type Conv2dShape, outputSize } from "../../../kernels/convolution/conv2d_shape.ts";
import { WasmThreads } from "../../../kernels/wasm/threads.ts";
import { PlainHeap } from "../../comparing/plain_heap.ts";
import { Random } from "../../../pipeline/numbers/random.ts";
import { assertClose } from "../../comparing/compare.ts";

/** As of the GPU's kernels, but for products that are rounded once more where nothing is fused. */
const TOLERANCE = 2e-6;
/** Winograd's transforms multiply by up to 64 in both dimensions before the terms cancel again. */
const WINOGRAD_TOLERANCE = 1e-5;

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
  // By Winograd: one tile, cut tiles, several blocks and groups, channels that fill no tile of five.
  [1, 4, 4, 4, 8, 3, 3],
  [1, 3, 3, 8, 8, 3, 3],
  [2, 8, 7, 12, 16, 3, 3],
  [3, 37, 30, 8, 24, 3, 3],
] as const;

/** Room for a result. */
interface Room {
  readonly address: number;
  read(): Float32Array;
}

for (const counts of [1, 3]) {
  for (const [seed, sizes] of SHAPES.entries()) {
    const name = `${sizes}, ${counts} threads, seed ${seed}`;
    Deno.test(`convolution on WebAssembly threads equals the twin: ${name}`, async () => {
      const heap = new PlainHeap();
      using threads = await WasmThreads.start(heap, counts);
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
      const [atX, atF, atDy] = [heap.place(x), heap.place(f), heap.place(dy)];
      const [y, dx, g] = [dy, x, f].map((like) => {
        const address = heap.place(like.map(() => NaN));
        return { address, read: () => threads.numbers(address, like.length) };
      }) as [Room, Room, Room];
      conv2dThreads(threads, [atX, atF, y.address], shape);
      conv2dInputGradThreads(threads, [atDy, atF, dx.address], shape);
      conv2dFilterGradThreads(threads, [atX, atDy, g.address], shape);
      const relative = kernelHeight === 3 && kernelWidth === 3 ? WINOGRAD_TOLERANCE : TOLERANCE;
      const close = (what: string) => ({ relative, what: `${what} of ${name}` });
      assertClose(y.read(), naive.conv2d(x, f, shape), close("y"));
      assertClose(dx.read(), naive.conv2dInputGrad(dy, f, shape), close("dx"));
      assertClose(g.read(), naive.conv2dFilterGrad(x, dy, shape), close("g"));
    });
  }
}
