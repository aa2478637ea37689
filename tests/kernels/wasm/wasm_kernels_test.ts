import assert from "node:assert/strict";
import { addThreads } from "../../../kernels/wasm/add.ts";
import * as batchNormTwin from "../../../kernels/cpu/batch_norm.ts";
import { batchNormGradThreads, batchNormThreads } from "../../../kernels/wasm/batch_norm.ts";
import * as conv2dTwin from "../../../kernels/cpu/conv2d.ts";
import { denseInputGradThreads, denseThreads } from "../../../kernels/wasm/dense.ts";
import * as jointLossTwin from "../../../kernels/cpu/joint_loss.ts";
import { jointLossThreads } from "../../../kernels/wasm/joint_loss.ts";
import { maxPoolGradThreads, maxPoolThreads } from "../../../kernels/wasm/max_pool.ts";
import * as sgdTwin from "../../../kernels/cpu/sgd_step.ts";
import { sgdStepThreads } from "../../../kernels/wasm/sgd_step.ts";
import { WasmThreads } from "../../../kernels/wasm/threads.ts";
import { Random } from "../../../pipeline/numbers/random.ts";
import { assertClose } from "../../comparing/compare.ts";
import { PlainHeap } from "../../comparing/plain_heap.ts";

/** A memory with threads on it, and numbers to put there. */
class Bench implements Disposable {
  readonly threads: WasmThreads;
  readonly #heap: PlainHeap;
  readonly #random: Random;

  private constructor(heap: PlainHeap, threads: WasmThreads, seed: number) {
    this.#heap = heap;
    this.threads = threads;
    this.#random = new Random(seed);
  }

  static async open(seed: number, threads: number): Promise<Bench> {
    const heap = new PlainHeap();
    return new Bench(heap, await WasmThreads.start(heap, threads), seed);
  }

  randoms(length: number): Float32Array {
    return Float32Array.from({ length }, () => this.#random.next() - 0.5);
  }

  place(numbers: Float32Array): number {
    return this.#heap.place(numbers);
  }

  /** Room for a result, filled with what is not a number. */
  room(length: number): { address: number; read(): Float32Array } {
    const address = this.place(new Float32Array(length).fill(NaN));
    return { address, read: () => this.threads.numbers(address, length).slice() };
  }

  [Symbol.dispose](): void {
    this.threads[Symbol.dispose]();
  }
}

for (const threads of [1, 3]) {
  for (
    const [rows, channels, relu] of [
      [1, 4, true],
      [63, 8, false],
      [257, 40, true],
      [5000, 64, false],
    ] as const
  ) {
    const seed = rows;
    const name = `${rows}x${channels}${relu ? " with ReLU" : ""}, ${threads} threads, seed ${seed}`;
    Deno.test(`batch norm on threads equals the twin: ${name}`, async () => {
      using bench = await Bench.open(seed, threads);
      const shape = { rows, channels, relu, epsilon: 1e-3, momentum: 0.9 };
      // Far from zero, where sums of squares would cancel.
      const x = bench.randoms(rows * channels).map((value) => value + 100);
      const dy = bench.randoms(rows * channels);
      const [scale, shift] = [bench.randoms(channels), bench.randoms(channels)];
      const [y, dx] = [bench.room(x.length), bench.room(x.length)];
      const addresses = { x: bench.place(x), y: y.address, dy: bench.place(dy), dx: dx.address };
      const statistics = batchNormThreads(bench.threads, addresses, { scale, shift }, shape);
      const gradient = batchNormGradThreads(bench.threads, addresses, scale, statistics, shape);
      const moving = new Float32Array(channels);
      const given = { scale, shift, movingMean: moving, movingVariance: moving };
      const expected = batchNormTwin.batchNorm(x, given, shape);
      const gradients = batchNormTwin.batchNormGrad(x, dy, given, shape);
      // x is given in steps of 8e-6, and is divided by a deviation of about 0.3.
      const close = (what: string) => ({ relative: 1e-4, what: `${what} of ${name}` });
      assertClose(y.read(), expected.y, close("y"));
      if (rows > 1) assertClose(dx.read(), gradients.dx, close("dx"));
      assertClose(gradient.dscale, gradients.dscale, close("dscale"));
      assertClose(gradient.dshift, gradients.dshift, close("dshift"));
    });
  }

  for (const [rows, inputs, outputs] of [[1, 3, 8], [4, 1500, 16], [17, 2049, 40]] as const) {
    const name = `${rows}x${inputs}x${outputs}, ${threads} threads, seed ${inputs}`;
    Deno.test(`a dense layer on threads equals the twin: ${name}`, async () => {
      using bench = await Bench.open(inputs, threads);
      const x = bench.randoms(rows * inputs);
      const w = bench.randoms(inputs * outputs);
      const dy = bench.randoms(rows * outputs);
      const [y, dx] = [bench.room(dy.length), bench.room(x.length)];
      const at = bench.place(w);
      const shape = { rows, inputs, outputs };
      denseThreads(bench.threads, [bench.place(x), at, y.address], shape);
      denseInputGradThreads(bench.threads, [bench.place(dy), at, dx.address], shape);
      const ones = { height: 1, width: 1, kernelHeight: 1, kernelWidth: 1 };
      const pixels = { ...ones, batch: rows, channels: inputs, filters: outputs };
      const close = (what: string) => ({ relative: 2e-6, what: `${what} of ${name}` });
      assertClose(y.read(), conv2dTwin.conv2d(x, w, pixels), close("y"));
      assertClose(dx.read(), conv2dTwin.conv2dInputGrad(dy, w, pixels), close("dx"));
    });
  }

  for (const [a, b] of [[4, 4], [24, 8], [200_000, 200_000], [3 * 40_004, 40_004]] as const) {
    Deno.test(`${a} numbers on ${threads} threads plus ${b} again and again, seed ${b}`, async () => {
      using bench = await Bench.open(b, threads);
      const [terms, others, sums] = [bench.randoms(a), bench.randoms(b), bench.room(a)];
      const addresses = { a: bench.place(terms), b: bench.place(others), y: sums.address };
      addThreads(bench.threads, addresses, { a, b });
      assert.deepEqual(sums.read(), terms.map((term, i) => term + others[i % b]!));
    });
  }

  Deno.test(`max pooling on ${threads} threads gives the sums computed by hand`, async () => {
    using bench = await Bench.open(1, threads);
    // One image 3x5 of four channels, of which the last is constant: windows 1x2, the rest is left over.
    const plane = [1, 9, 3, 3, 7, 4, 2, 3, 3, 8, 5, 6, 7, 8, 9];
    const x = Float32Array.from(
      { length: 60 },
      (_, i) => i % 4 === 3 ? 2 : plane[Math.floor(i / 4)]! * (i % 4 === 1 ? -1 : 1),
    );
    const [y, dx] = [bench.room(8), bench.room(60)];
    const dy = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8);
    const shape = { batch: 1, height: 3, width: 5, channels: 4 };
    const at = bench.place(x);
    maxPoolThreads(bench.threads, at, y.address, shape);
    assert.deepEqual([...y.read()], [9, -1, 9, 2, 3, -3, 3, 2]);
    const addresses = { x: at, y: y.address, dy: bench.place(dy), dx: dx.address };
    maxPoolGradThreads(bench.threads, addresses, shape);
    const expected = new Float32Array(60);
    const pixel = (i: number, j: number, c: number) => (i * 5 + j) * 4 + c;
    // Of equal elements the first has the gradient.
    expected[pixel(0, 1, 0)] = 1;
    expected[pixel(0, 0, 1)] = 2;
    expected[pixel(0, 1, 2)] = 3;
    expected[pixel(0, 0, 3)] = 4;
    expected[pixel(0, 2, 0)] = 5;
    expected[pixel(0, 2, 1)] = 6;
    expected[pixel(0, 2, 2)] = 7;
    expected[pixel(0, 2, 3)] = 8;
    assert.deepEqual(dx.read(), expected);
  });

  Deno.test(`the joint loss on ${threads} threads equals the twin, seed 6`, async () => {
    using bench = await Bench.open(6, threads);
    const shape = { batch: 3, cells: 211, attributes: 40, weight: 1.5 };
    const random = new Random(6);
    const words = (length: number, bits: number) =>
      Uint32Array.from({ length }, () => random.integer(2 ** bits));
    const maps = bench.randoms(3 * 211 * 40);
    const given = {
      logits: bench.randoms(120).map((value) => 8 * value),
      bits: words(3 * 211, 14),
      labels: bench.randoms(120).map((value) => value > 0 ? 1 : 0),
      wanted: words(120, 14),
      labelWeights: bench.randoms(120).map(Math.abs),
      maskWeights: bench.randoms(120).map(Math.abs),
    };
    const dmaps = bench.room(maps.length);
    const dlogits = new Float32Array(120);
    const addresses = { maps: bench.place(maps), dmaps: dmaps.address };
    const losses = jointLossThreads(bench.threads, addresses, given, dlogits, shape);
    const expected = jointLossTwin.jointLoss({ ...given, maps }, shape);
    const close = (what: string) => ({ relative: 1e-6, what: `${what}, seed 6` });
    const both = [expected.attributeLoss, expected.maskLoss];
    assertClose([losses.attributeLoss, losses.maskLoss], both, close("losses"));
    assertClose(dlogits, expected.dlogits, close("gradient of the logits"));
    assertClose(dmaps.read(), expected.dmaps, close("gradient of the maps"));
  });

  for (const size of [1, 4, 40_003]) {
    Deno.test(`a step of ${size} parameters on ${threads} threads equals the twin`, async () => {
      using bench = await Bench.open(size, threads);
      const [w, v, g] = [1, 2, 3].map(() => bench.randoms(size)) as [
        ...[Float32Array, Float32Array, Float32Array],
      ];
      const addresses = { w: bench.place(w), v: bench.place(v), g: bench.place(g) };
      const settings = { rate: 0.1, momentum: 0.9, decay: 0.01, scale: 0.5 };
      sgdStepThreads(bench.threads, addresses, settings, size);
      const [weights, velocities] = [Float64Array.from(w), Float64Array.from(v)];
      sgdTwin.sgdStep(weights, velocities, g, settings);
      const read = (address: number) => bench.threads.numbers(address, size + 1);
      assertClose(read(addresses.w).slice(0, size), weights, { relative: 1e-6, what: "weights" });
      assertClose(read(addresses.v).slice(0, size), velocities, { relative: 1e-6, what: "v" });
      assert.ok(Number.isNaN(read(addresses.w)[size]), "wrote behind the parameters");
    });
  }
}

Deno.test("sums on threads are the same bits for any number of threads, seed 8", async () => {
  const shape = { rows: 3000, channels: 12, relu: true, epsilon: 1e-5, momentum: 0.9 };
  const results = await Promise.all([1, 2, 3].map(async (threads) => {
    using bench = await Bench.open(8, threads);
    const x = bench.randoms(shape.rows * shape.channels);
    const y = bench.room(x.length);
    const [scale, shift] = [bench.randoms(12), bench.randoms(12)];
    const addresses = { x: bench.place(x), y: y.address };
    return batchNormThreads(bench.threads, addresses, { scale, shift }, shape);
  }));
  assert.deepEqual(results[1], results[0]);
  assert.deepEqual(results[2], results[0]);
});
